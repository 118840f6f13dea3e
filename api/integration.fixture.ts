import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { msToTs } from '@temporalio/common/lib/time';
import pg from 'pg';
import { Stripe } from 'stripe';
import { vi } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { lane, laneNumber } from '#test/lane.ts';
import { type BillingHint, billingHints, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { type Api, createApi } from './create-api.ts';
import type { ForwarderOptions } from './inbox/forwarder.ts';
import { readApiSettings } from './settings.ts';
import { createTemporalLink, type TemporalLink } from './temporal.ts';
import { grpcCodeOf } from './temporal-unavailable.ts';

export const TEST_AUTH_SECRET = 'a secret of the tests, long enough for it';
export const TEST_INTERNAL_TOKEN = 'a token of the tests';
export const SECRETS = { current: 'whsec_current', former: 'whsec_former' };
export const DEMO_PASSWORD = 'a password of the tests';
/** Files that run at the same time are strangers to each other. */
const NAMESPACE = `api-tests-${laneNumber()}`;
const DATABASE = `api_tests_${laneNumber()}`;
const GRPC_NOT_FOUND = 5;
const GRPC_ALREADY_EXISTS = 6;
export const WEB_ORIGIN = 'http://127.0.0.1:4310';

export interface TestApiOptions {
  /** Wins over the platform's environment. */
  env?: Record<string, string>;
  forwarding?: ForwarderOptions;
}

/** An app on the real PostgreSQL and Temporal, not yet forwarding. */
export function createTestApi({ env = {}, forwarding = {} }: TestApiOptions = {}): Api {
  const all: Record<string, string> = {
    ...platformEnv(),
    BETTER_AUTH_SECRET: TEST_AUTH_SECRET,
    LEASEHOLD_INTERNAL_TOKEN: TEST_INTERNAL_TOKEN,
    LEASEHOLD_DEMO_PASSWORD: DEMO_PASSWORD,
    LEASEHOLD_WEB_ORIGIN: WEB_ORIGIN,
    STRIPE_WEBHOOK_SECRET: `${SECRETS.current},${SECRETS.former}`,
    ...env,
  };
  return createApi(readApiSettings(all), all, createLogger('api', 'silent'), forwarding);
}

/**
 * The platform's environment with a namespace and a database of our own: the product and these tests never meet what the
 * other has made, the demo user and its account least of all.
 */
export function platformEnv(): Record<string, string> {
  const env = lane().env;
  const database = new URL(env.DATABASE_URL ?? '');
  database.pathname = `/${DATABASE}`;
  return { ...env, DATABASE_URL: database.href, TEMPORAL_NAMESPACE: NAMESPACE };
}

/** Makes sure that the tests' database and namespace exist and can be used. */
export async function ensureOwnEngines(temporal: TemporalLink): Promise<void> {
  await Promise.all([ensureDatabase(), ensureNamespace(temporal)]);
}

/** Makes sure that the tests' database exists and has the present schema. */
export async function ensureDatabase(): Promise<void> {
  const server = new pg.Client({ connectionString: lane().env.DATABASE_URL });
  await server.connect();
  try {
    const { rowCount } = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await server.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await server.end();
  }
  await promisify(execFile)('bin/prisma', ['migrate', 'deploy'], {
    env: { ...process.env, DATABASE_URL: platformEnv().DATABASE_URL },
  });
}

async function ensureNamespace(temporal: TemporalLink): Promise<void> {
  const { workflowService } = temporal.connection;
  await workflowService
    .registerNamespace({ namespace: NAMESPACE, workflowExecutionRetentionPeriod: msToTs('1 day') })
    .catch((error: unknown) => {
      if (grpcCodeOf(error) !== GRPC_ALREADY_EXISTS) throw error;
    });
  await eventually(
    () => workflowService.describeTaskQueue({ namespace: NAMESPACE, taskQueue: { name: 'any' } }),
    60_000,
  );
}

export function openDatabase(): pg.Pool {
  return new pg.Pool({ connectionString: platformEnv().DATABASE_URL, max: 2 });
}

export function openTemporal(): TemporalLink {
  return createTemporalLink(platformEnv());
}

export interface TestEvent {
  id: string;
  type: string;
  body: string;
}

/** An event as Stripe posts it. */
export function createEvent(customer: string | null, overrides: Record<string, unknown> = {}): TestEvent {
  const event = {
    id: `evt_${randomUUID().replaceAll('-', '')}`,
    object: 'event',
    type: 'invoice.paid',
    api_version: Stripe.API_VERSION,
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object: { id: 'in_1', object: 'invoice', customer } },
    ...overrides,
  };
  return { id: event.id, type: event.type, body: JSON.stringify(event) };
}

/** Posts a body with a signature that is right unless told otherwise. */
export async function deliver(
  api: Pick<Api, 'app'>,
  { body }: Pick<TestEvent, 'body'>,
  options: { secret?: string; signedAt?: number; headers?: Record<string, string>; sent?: string } = {},
): Promise<Response> {
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret: options.secret ?? SECRETS.current,
    timestamp: options.signedAt ?? Math.floor(Date.now() / 1_000),
  });
  return api.app.request('/api/v1/webhooks/stripe', {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature, ...options.headers },
    body: options.sent ?? body,
  });
}

/** The cookie of a new session of the demo user. */
export async function signIn(api: Pick<Api, 'app'>): Promise<string> {
  const answer = await api.app.request('/api/auth/sign-in/email', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'demo@leasehold.test', password: DEMO_PASSWORD }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (!cookie) throw new Error(`No session: ${answer.status} ${await answer.text()}`);
  return cookie;
}

export interface TestAccount {
  accountId: string;
  customerId: string;
}

/** Ids of an account that exists nowhere yet. */
export function newAccount(): TestAccount {
  const unique = randomUUID().slice(0, 13);
  return { accountId: `acc-${unique}`, customerId: `cus_${unique}` };
}

/** Stores an account as the save activity would, with one workspace `{accountId}-main`, and its owner when there is none. */
export async function storeAccount(
  database: pg.Pool,
  { accountId, customerId }: TestAccount,
  { ownerUserId = `owner-of-${accountId}`, version = 1, view = {} as Record<string, unknown> } = {},
): Promise<void> {
  const at = '2026-03-01T00:00:00.000Z';
  const size = { memoryMb: 256, cpuPercent: 50, storageMb: 1_024 };
  const workspaceId = `${accountId}-main`;
  const full = {
    accountId,
    version,
    now: at,
    plan: { id: 'small', name: 'Small', size },
    standing: 'active',
    standingSince: at,
    subscription: null,
    paymentMethod: null,
    debt: null,
    holds: [],
    upcoming: [],
    workspaces: [
      {
        id: workspaceId,
        name: 'Main',
        hostId: `host-${accountId}`,
        status: 'running',
        reason: null,
        ownerWants: 'running',
        size,
        containerId: null,
        canStart: false,
        canStop: true,
        move: null,
      },
    ],
    ...view,
  };
  await database.query(
    `INSERT INTO "user" (id, name, email) VALUES ($1, 'Owner', $1 || '@leasehold.test') ON CONFLICT DO NOTHING`,
    [ownerUserId],
  );
  await database.query(
    `INSERT INTO account (id, user_id, stripe_customer_id, plan_id, standing, standing_since, version, state, view, saved_at)
     VALUES ($1, $2, $3, 'small', 'active', $4, $5, '{}', $6, $4)`,
    [accountId, ownerUserId, customerId, at, version, JSON.stringify(full)],
  );
  await database.query(
    `INSERT INTO workspace (id, account_id, host_id, name, owner_wants, desired_state, desired_generation, memory_mb, cpu_percent, storage_mb)
     VALUES ($1, $2, $3, 'Main', 'running', 'running', 1, 256, 50, 1024)`,
    [workspaceId, accountId, `host-${accountId}`],
  );
}

/** The hints of each signal that an account's workflow was sent, oldest first; none when it never began. */
export async function readSignals(temporal: TemporalLink, accountId: string): Promise<BillingHint[][]> {
  const handle = temporal.client.workflow.getHandle(subscriptionWorkflowId(accountId));
  const history = await handle.fetchHistory().catch((error: Error) => {
    if (grpcCodeOf(error) === GRPC_NOT_FOUND) return null;
    throw error;
  });
  return (history?.events ?? []).flatMap((event) => {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal?.signalName !== billingHints.name) return [];
    const data = signal.input?.payloads?.[0]?.data;
    return data ? [JSON.parse(Buffer.from(data).toString()) as BillingHint[]] : [];
  });
}

/** Ends what a test left running, so that no worker of a later test meets it. */
export async function endWorkflow(temporal: TemporalLink, accountId: string): Promise<void> {
  await temporal.client.workflow
    .getHandle(subscriptionWorkflowId(accountId))
    .terminate('test over')
    .catch(() => undefined);
}

export interface OutageProxy {
  port: number;
  /** Cuts every connection and refuses new ones, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Stands in front of a real server so that a test can take it away from one app and nobody else. */
export async function createOutageProxy(host: string, targetPort: number): Promise<OutageProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, host);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const { port } = address;
  const down = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
    });
  return { port, down, up: () => listen(port), close: () => (server.listening ? down() : Promise.resolve()) };
}

/** Polls until `expectation` holds. */
export function eventually<Result>(expectation: () => Promise<Result> | Result, timeoutMs = 20_000): Promise<Result> {
  return vi.waitFor(expectation, { timeout: timeoutMs, interval: 100 });
}
