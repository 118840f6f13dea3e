import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { OPEN_ENDPOINTS } from '#api/auth/open-endpoints.ts';
import { CLIENT_ADDRESS_HEADER, signClientAddress } from '#api/client-address.ts';
import type { SeededRandom } from '#test/scenarios/seeded-random.ts';
import { hostileText, lawfulName, pick } from './hostile-text.ts';
import { type Known, lawfulValue, type Schema } from './lawful-value.ts';
import type { Victim } from './victims.ts';
import { hostileBody } from './wound.ts';

interface Operation {
  parameters?: { name: string; in: string; schema?: Schema }[];
  requestBody?: { content?: { 'application/json'?: { schema?: Schema } } };
}

/** The app's own description: `GET /api/v1/openapi.json`. */
export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** A route of the API that requests are sent to. */
export interface Door {
  method: string;
  /** As described, with `{parameters}`. */
  path: string;
  operation: Operation;
  schemas: Record<string, Schema>;
}

export interface HostileRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  body: Uint8Array | null;
  /** The body when all of the request is lawful. */
  lawful: unknown;
}

export const PASSWORD = 'a good long password';
/** The longest that a header may be is Node's to say, not the product's. */
const LONGEST_IN_TARGET = 2_000;
/** They end what they are about. */
const ENDS =
  /^(DELETE .*(\/workspaces\/|\/accounts\/\{accountId\}$)|POST .*\/(stop|leave|transfer)$|DELETE .*\/members\/|PATCH .*\/members\/)/;

const AUTH_BODIES: Record<string, Known[string]> = {
  '/sign-up/email': (random) => ({ name: lawfulName(random), email: someEmail(random), password: PASSWORD }),
  '/sign-in/email': (random) => ({ email: someEmail(random), password: PASSWORD, rememberMe: true }),
  '/verify-email': () => ({ token: randomUUID(), password: PASSWORD }),
  '/send-verification-email': (random) => ({ email: someEmail(random) }),
  '/request-password-reset': (random) => ({ email: someEmail(random), redirectTo: '/' }),
  '/reset-password': () => ({ token: randomUUID(), newPassword: PASSWORD }),
  '/update-user': (random) => ({ name: lawfulName(random) }),
  '/change-password': () => ({ currentPassword: 'not the password', newPassword: PASSWORD }),
  '/two-factor/enable': () => ({ password: 'not the password' }),
  '/two-factor/disable': () => ({ password: 'not the password' }),
  '/two-factor/generate-backup-codes': () => ({ password: 'not the password' }),
  '/two-factor/verify-totp': () => ({ code: '000000', trustDevice: false }),
  '/two-factor/verify-backup-code': () => ({ code: 'abcde-fghij' }),
  '/revoke-session': () => ({ token: randomUUID() }),
};

/** Every route that the app describes and every open endpoint of better-auth. Writing ones come more often than reading ones. */
export function doorsOf({ paths, components }: Description): Door[] {
  const schemas = components?.schemas ?? {};
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      schemas,
    })),
  );
  const auth = OPEN_ENDPOINTS.map(([method, path]) => ({
    ...{ method, path: `/api/auth${path}`, operation: {}, schemas },
  }));
  return [...described, ...auth].flatMap((door) => (door.method === 'GET' ? [door] : [door, door, door]));
}

/** A request to a door, with wounds in its path, query, headers or body. */
export function requestTo(
  random: SeededRandom,
  door: Door,
  victims: readonly Victim[],
  env: Record<string, string>,
): { request: HostileRequest; victim: Victim } {
  const ends = ENDS.test(`${door.method} ${door.path}`);
  const victim = pick(
    random,
    victims.filter((each) => each.isSacrificed || !ends).filter((each) => each.isSacrificed === ends || !ends),
  );
  let isLawful = true;
  const textInTarget = (name: string): string => {
    if (random.chance(0.75)) return encodeURIComponent(idOf(name, victim, random));
    isLawful = false;
    if (random.chance(0.3))
      return pick(random, ['%00', 'a%00b', '%zz', '%', '%ED%A0%BD', '%C0%80', '%ff', '%2F', '..%2f', '%0d%0a']);
    const text = Buffer.from(hostileText(random)).toString().slice(0, LONGEST_IN_TARGET);
    return encodeURIComponent(text).slice(0, LONGEST_IN_TARGET * 3);
  };
  const path = door.path.replace(/\{(\w+)\}/g, (_, name: string) => textInTarget(name) || '%20');
  const query = (door.operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && random.chance(0.5))
    .map(({ name, schema = {} }) => {
      const value = random.chance(0.4)
        ? encodeURIComponent(Buffer.from(String(lawfulValue(random, schema, contextOf(door, victim), name))).toString())
        : textInTarget(name);
      if (random.chance(0.02)) isLawful = false;
      return `${name}=${value}`;
    });
  if (random.chance(0.05)) {
    isLawful = false;
    query.push(pick(random, ['%00=1', 'a=%00', '__proto__=1', 'a[b]=c', '%zz', '=', '&&&', 'a=1&a=2']));
  }
  const headers: Record<string, string> = {
    origin: env.LEASEHOLD_WEB_ORIGIN ?? '',
    [CLIENT_ADDRESS_HEADER]: signClientAddress(someAddress(random), env.LEASEHOLD_INTERNAL_TOKEN ?? ''),
    ...(random.chance(0.95) ? { cookie: victim.cookie } : {}),
  };
  if (random.chance(0.5)) {
    const key = random.chance(0.7) ? randomUUID() : hostileText(random);
    // What no header can carry is refused by whoever sends it.
    const sendable = key.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 4_000);
    isLawful &&= key === sendable;
    headers['idempotency-key'] = sendable;
  }
  if (random.chance(0.03)) {
    const name = pick(random, [
      'cookie',
      'authorization',
      'x-api-key',
      'accept',
      'user-agent',
      'last-event-id',
      'x-forwarded-for',
      'if-none-match',
    ]);
    headers[name] = pick(random, [
      '%zz',
      'Bearer lh_%00',
      'leasehold.two_factor=%zz; leasehold.session_token=%E0%A4%A',
      'a'.repeat(5_000),
      '\xff\xfe',
    ]);
    isLawful = false;
  }
  const request = { method: door.method, target: query.length ? `${path}?${query.join('&')}` : path, headers };
  if (door.method === 'GET') return { victim, request: { ...request, body: null, lawful: undefined } };
  const { bytes, contentType, lawful } = hostileBody(random, lawfulBody(random, door, victim));
  if (contentType !== null && bytes !== null) headers['content-type'] = contentType;
  if (/webhook/.test(door.path) && bytes && random.chance(0.8)) sign(headers, bytes, env);
  return { victim, request: { ...request, body: bytes, lawful: isLawful ? lawful : undefined } };
}

function lawfulBody(random: SeededRandom, door: Door, victim: Victim): unknown {
  const auth = door.path.startsWith('/api/auth') ? AUTH_BODIES[door.path.slice('/api/auth'.length)] : undefined;
  if (auth) return auth(random);
  if (/webhook/.test(door.path)) return someEvent(random);
  const schema = door.operation.requestBody?.content?.['application/json']?.schema;
  return schema ? lawfulValue(random, schema, contextOf(door, victim)) : {};
}

/** As Stripe sends them, of a customer whom nobody has. */
function someEvent(random: SeededRandom): unknown {
  return {
    id: `evt_hostile${random.between(0, 1_000_000_000)}`,
    object: 'event',
    type: pick(random, ['invoice.paid', 'customer.subscription.updated', 'charge.dispute.created', 'made.up']),
    api_version: '2026-01-28',
    created: 1_700_000_000,
    livemode: false,
    data: { object: { id: 'in_1', object: 'invoice', customer: `cus_hostile${random.between(0, 1_000_000)}` } },
  };
}

function sign(headers: Record<string, string>, bytes: Uint8Array, env: Record<string, string>): void {
  const [secret = ''] = (env.STRIPE_WEBHOOK_SECRET ?? '').split(',');
  const payload = Buffer.from(bytes).toString('utf8');
  headers['stripe-signature'] = Stripe.webhooks.generateTestHeaderString({ payload, secret });
}

function contextOf({ schemas }: Door, victim: Victim) {
  const known: Known = {
    planId: () => 'team',
    plan: () => 'team',
    organizationId: () => victim.organisationId,
    userId: () => victim.userId,
    // Only as much as a free plan has.
    memoryMb: (random) => random.between(64, 256),
    cpuPercent: (random) => random.between(5, 50),
    storageMb: (random) => random.between(128, 1_024),
  };
  return { schemas, known };
}

function idOf(name: string, victim: Victim, random: SeededRandom): string {
  if (name === 'accountId') return random.chance(0.3) ? victim.organisationAccountId : victim.accountId;
  if (name === 'id') return victim.workspaceId;
  if (name === 'userId') return victim.userId;
  return `made-up-${random.between(0, 1_000)}`;
}

function someEmail(random: SeededRandom): string {
  return `hostile-${random.between(0, 50)}@leasehold.test`;
}

function someAddress(random: SeededRandom): string {
  return `10.${random.between(1, 254)}.${random.between(1, 254)}.${random.between(1, 254)}`;
}
