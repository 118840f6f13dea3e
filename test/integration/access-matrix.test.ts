import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { defaultKeyHasher } from '@better-auth/api-key';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '#api/create-api.ts';
import {
  createTestApi,
  endWorkflow,
  ensureOwnEngines,
  newAccount,
  openDatabase,
  openTemporal,
  platformEnv,
  storeAccount,
  TEST_AUTH_SECRET,
  WEB_ORIGIN,
} from '#api/integration.fixture.ts';
import { someAddress } from '#api/people.fixture.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { openAccount } from '#domain/open-account.ts';
import { createPrisma } from '#prisma/client.ts';

/**
 * Who gets which status, on every route and for every kind of account. Written by hand, from what the product promises, and
 * not from `domain/access.ts`: where the two differ, one of them is wrong. Columns, in this order:
 *
 * nobody, owner, admin, billing, member, stranger, a key of the owner's with the scope read, workspaces, billing, usage:write,
 * a key of the organisation's with all scopes, and a key that is revoked, expired, wrong.
 *
 * `own` and `suspended` are accounts of organisations in which the first four are what they are called; the organisation's
 * key is of `own`. `personal` is the owner's.
 */
const COLUMNS = [
  ...(['nobody', 'owner', 'admin', 'billing', 'member', 'stranger'] as const),
  ...(['key read', 'key workspaces', 'key billing', 'key usage:write', 'organisation key'] as const),
  ...(['revoked key', 'expired key', 'wrong key'] as const),
];
type Column = (typeof COLUMNS)[number];

const NOT_THERE = '401  404 404 404 404 404  404 404 404 404 404  401 401 401';
/** Of what belongs to organisations alone, where a key never may. */
const PERSONAL_REFUSES = '401  409 404 404 404 404  403 403 403 403 404  401 401 401';

type Row = { own: string; suspended: string; personal: string; foreign: string; missing: string };

const ACCOUNT_READ: Row = {
  own: '401  200 200 200 200 404  200 403 403 403 200  401 401 401',
  suspended: '401  200 200 200 200 404  200 403 403 403 404  401 401 401',
  personal: '401  200 404 404 404 404  200 403 403 403 404  401 401 401',
  foreign: NOT_THERE,
  missing: NOT_THERE,
};
const OWNER_CLOSES: Row = {
  own: '401  202 403 403 403 404  403 403 403 403 403  401 401 401',
  suspended: '401  202 403 403 403 404  403 403 403 403 404  401 401 401',
  personal: '401  202 404 404 404 404  403 403 403 403 404  401 401 401',
  foreign: NOT_THERE,
  missing: NOT_THERE,
};
const MEMBERS_ARE_MANAGED = (status: number): Row => ({
  own: `401  ${status} ${status} 403 403 404  403 403 403 403 403  401 401 401`,
  suspended: `401  ${status} ${status} 403 403 404  403 403 403 403 404  401 401 401`,
  personal: PERSONAL_REFUSES,
  foreign: NOT_THERE,
  missing: NOT_THERE,
});
const KEYS_ARE_MANAGED = (status: number): Row => ({
  own: `401  ${status} ${status} 403 403 404  403 403 403 403 403  401 401 401`,
  suspended: `401  ${status} ${status} 403 403 404  403 403 403 403 404  401 401 401`,
  personal: `401  ${status} 404 404 404 404  403 403 403 403 404  401 401 401`,
  foreign: NOT_THERE,
  missing: NOT_THERE,
});
/** Of a workspace there is none in the personal account of the test, so `personal` is a workspace of the owner's own account. */
const RUNS = (status: number): Row => ({
  own: `401  ${status} ${status} 403 ${status} 404  403 ${status} 403 403 ${status}  401 401 401`,
  suspended: '401  402 402 403 402 404  403 402 403 403 404  401 401 401',
  personal: `401  ${status} 404 404 404 404  403 ${status} 403 403 404  401 401 401`,
  foreign: NOT_THERE,
  missing: NOT_THERE,
});

/** Also under a hold. */
const WORKSPACE_IS_MANAGED: Row = {
  own: '401  202 202 403 403 404  403 202 403 403 202  401 401 401',
  suspended: '401  202 202 403 403 404  403 202 403 403 404  401 401 401',
  personal: '401  202 404 404 404 404  403 202 403 403 404  401 401 401',
  foreign: NOT_THERE,
  missing: NOT_THERE,
};

const BILLING_READ = (status: number): Row => ({
  own: `401  ${status} ${status} ${status} 403 404  403 403 ${status} 403 ${status}  401 401 401`,
  suspended: `401  ${status} ${status} ${status} 403 404  403 403 ${status} 403 404  401 401 401`,
  personal: `401  ${status} 404 404 404 404  403 403 ${status} 403 404  401 401 401`,
  foreign: NOT_THERE,
  missing: NOT_THERE,
});
/** The API of this test has no key of Stripe: whoever may is told that billing is off. */
const BILLING_IS_MANAGED: Row = {
  own: '401  503 403 503 403 404  403 403 503 403 503  401 401 401',
  suspended: '401  503 403 503 403 404  403 403 503 403 404  401 401 401',
  personal: '401  503 404 404 404 404  403 403 503 403 404  401 401 401',
  foreign: NOT_THERE,
  missing: NOT_THERE,
};
const BILLING = '/api/v1/accounts/{accountId}/billing';

const GUARDED: Record<string, Row> = {
  [`POST ${BILLING}/checkout`]: BILLING_IS_MANAGED,
  [`POST ${BILLING}/portal`]: BILLING_IS_MANAGED,
  [`GET ${BILLING}/subscription`]: BILLING_READ(200),
  [`POST ${BILLING}/subscription`]: BILLING_IS_MANAGED,
  [`PATCH ${BILLING}/subscription`]: BILLING_IS_MANAGED,
  [`DELETE ${BILLING}/subscription`]: BILLING_IS_MANAGED,
  [`POST ${BILLING}/subscription/undo`]: BILLING_IS_MANAGED,
  [`PATCH ${BILLING}/add-ons/{subscriptionId}`]: BILLING_IS_MANAGED,
  [`POST ${BILLING}/add-ons/{subscriptionId}/cancel`]: BILLING_IS_MANAGED,
  [`POST ${BILLING}/add-ons/{subscriptionId}/undo`]: BILLING_IS_MANAGED,
  // Without a plan to look at.
  [`GET ${BILLING}/preview`]: BILLING_READ(400),
  [`GET ${BILLING}/invoices`]: BILLING_READ(503),
  [`GET ${BILLING}/invoices/{invoiceId}`]: BILLING_READ(503),
  [`POST ${BILLING}/invoices/{invoiceId}/pay`]: BILLING_IS_MANAGED,
  [`GET ${BILLING}/payment-methods`]: BILLING_READ(503),
  [`POST ${BILLING}/payment-methods`]: BILLING_IS_MANAGED,
  [`PUT ${BILLING}/payment-methods/{paymentMethodId}/default`]: BILLING_IS_MANAGED,
  [`DELETE ${BILLING}/payment-methods/{paymentMethodId}`]: BILLING_IS_MANAGED,
  [`POST ${BILLING}/setup-intent`]: BILLING_IS_MANAGED,
  [`GET ${BILLING}/refunds`]: BILLING_READ(503),
  [`GET ${BILLING}/disputes`]: BILLING_READ(503),
  [`GET ${BILLING}/usage`]: BILLING_READ(503),
  'GET /api/v1/accounts/{accountId}': ACCOUNT_READ,
  'GET /api/v1/accounts/{accountId}/timeline': ACCOUNT_READ,
  'GET /api/v1/accounts/{accountId}/offers': ACCOUNT_READ,
  'GET /api/v1/accounts/{accountId}/audit': {
    own: '401  200 200 403 403 404  403 403 403 403 403  401 401 401',
    suspended: '401  200 200 403 403 404  403 403 403 403 404  401 401 401',
    personal: '401  200 404 404 404 404  403 403 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'GET /api/v1/accounts/{accountId}/export': {
    own: '401  200 403 403 403 404  403 403 403 403 403  401 401 401',
    suspended: '401  200 403 403 403 404  403 403 403 403 404  401 401 401',
    personal: '401  200 404 404 404 404  403 403 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  // The owner's own account waits for the organisations that nobody else owns.
  'DELETE /api/v1/accounts/{accountId}': {
    ...OWNER_CLOSES,
    personal: '401  409 404 404 404 404  403 403 403 403 404  401 401 401',
  },
  'POST /api/v1/accounts/{accountId}/keep': OWNER_CLOSES,
  'GET /api/v1/accounts/{accountId}/members': {
    own: '401  200 200 200 200 404  200 403 403 403 200  401 401 401',
    suspended: '401  200 200 200 200 404  200 403 403 403 404  401 401 401',
    personal: '401  409 404 404 404 404  409 403 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'PATCH /api/v1/accounts/{accountId}/members/{userId}': MEMBERS_ARE_MANAGED(200),
  'DELETE /api/v1/accounts/{accountId}/members/{userId}': MEMBERS_ARE_MANAGED(204),
  // The last owner can't leave.
  'POST /api/v1/accounts/{accountId}/leave': {
    own: '401  409 204 204 204 404  403 403 403 403 403  401 401 401',
    suspended: '401  409 204 204 204 404  403 403 403 403 404  401 401 401',
    personal: PERSONAL_REFUSES,
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'POST /api/v1/accounts/{accountId}/transfer': {
    own: '401  204 403 403 403 404  403 403 403 403 403  401 401 401',
    suspended: '401  204 403 403 403 404  403 403 403 403 404  401 401 401',
    personal: PERSONAL_REFUSES,
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'GET /api/v1/accounts/{accountId}/invitations': MEMBERS_ARE_MANAGED(200),
  'POST /api/v1/accounts/{accountId}/invitations': MEMBERS_ARE_MANAGED(201),
  'DELETE /api/v1/accounts/{accountId}/invitations/{invitationId}': MEMBERS_ARE_MANAGED(204),
  'GET /api/v1/accounts/{accountId}/keys': KEYS_ARE_MANAGED(200),
  'POST /api/v1/accounts/{accountId}/keys': KEYS_ARE_MANAGED(201),
  'DELETE /api/v1/accounts/{accountId}/keys/{keyId}': KEYS_ARE_MANAGED(204),
  'POST /api/v1/accounts/{accountId}/workspaces': {
    own: '401  202 202 403 403 404  403 202 403 403 202  401 401 401',
    suspended: '401  402 402 403 403 404  403 402 403 403 404  401 401 401',
    personal: '401  202 404 404 404 404  403 202 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'GET /api/v1/workspaces/{id}': ACCOUNT_READ,
  'GET /api/v1/workspaces/{id}/live/stream': ACCOUNT_READ,
  'GET /api/v1/workspaces/{id}/history': ACCOUNT_READ,
  'GET /api/v1/workspaces/{id}/executions': ACCOUNT_READ,
  'GET /api/v1/workspaces/{id}/logs': {
    own: '401  200 200 403 200 404  403 200 403 403 200  401 401 401',
    suspended: '401  200 200 403 200 404  403 200 403 403 404  401 401 401',
    personal: '401  200 404 404 404 404  403 200 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'POST /api/v1/workspaces/{id}/start': RUNS(202),
  'POST /api/v1/workspaces/{id}/messages': RUNS(200),
  'POST /api/v1/workspaces/{id}/stop': {
    own: '401  202 202 403 202 404  403 202 403 403 202  401 401 401',
    suspended: '401  202 202 403 202 404  403 202 403 403 404  401 401 401',
    personal: '401  202 404 404 404 404  403 202 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  // No move waits for a time.
  'POST /api/v1/workspaces/{id}/move': {
    own: '401  409 409 403 409 404  403 409 403 403 409  401 401 401',
    suspended: '401  409 409 403 409 404  403 409 403 403 404  401 401 401',
    personal: '401  409 404 404 404 404  403 409 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'POST /api/v1/workspaces/{id}/restart': RUNS(202),
  'POST /api/v1/workspaces/{id}/recover': RUNS(202),
  'PUT /api/v1/workspaces/{id}/size': {
    own: '401  202 202 403 403 404  403 202 403 403 202  401 401 401',
    suspended: '401  402 402 403 403 404  403 402 403 403 404  401 401 401',
    personal: '401  202 404 404 404 404  403 202 403 403 404  401 401 401',
    foreign: NOT_THERE,
    missing: NOT_THERE,
  },
  'GET /api/v1/workspaces/{id}/size-preview': ACCOUNT_READ,
  'PATCH /api/v1/workspaces/{id}': WORKSPACE_IS_MANAGED,
  'DELETE /api/v1/workspaces/{id}': WORKSPACE_IS_MANAGED,
  'POST /api/v1/workspaces/{id}/restore': WORKSPACE_IS_MANAGED,
};

/** Everybody owns the account that these are about: their own. The organisation's key has the organisation's. */
const OF_OWN_ACCOUNT = (status: number, scope: 'read' | 'workspaces' | 'billing') => {
  const may = (each: string) => (each === scope ? status : 403);
  const keys = ['read', 'workspaces', 'billing', 'usage:write'].map(may).join(' ');
  return { own: `401  ${Array(5).fill(status).join(' ')}  ${keys} ${status}  401 401 401` };
};

/** Routes about whoever asks. `own` and `foreign` are invitations: to whoever asks, to somebody else. */
const OWN: Record<string, Partial<Row>> = {
  'POST /api/billing/create-checkout': OF_OWN_ACCOUNT(503, 'billing'),
  'POST /api/billing/workspace-addon': OF_OWN_ACCOUNT(503, 'billing'),
  // The organisation that is named: the one in which the first four are what they are called.
  'POST /api/billing/org-workspace-booster': { own: '401  503 403 503 403 404  403 403 503 403 503  401 401 401' },
  'POST /api/billing/create-portal': OF_OWN_ACCOUNT(503, 'billing'),
  'GET /api/billing/subscription': OF_OWN_ACCOUNT(200, 'billing'),
  'POST /api/v1/billing/checkout': OF_OWN_ACCOUNT(503, 'billing'),
  'POST /api/v1/billing/portal': OF_OWN_ACCOUNT(503, 'billing'),
  'GET /api/v1/billing/subscription': OF_OWN_ACCOUNT(200, 'billing'),
  'POST /api/v1/billing/subscription': OF_OWN_ACCOUNT(503, 'billing'),
  'PATCH /api/v1/billing/subscription': OF_OWN_ACCOUNT(503, 'billing'),
  'DELETE /api/v1/billing/subscription': OF_OWN_ACCOUNT(503, 'billing'),
  'GET /api/v1/billing/invoices': OF_OWN_ACCOUNT(503, 'billing'),
  'GET /api/v1/billing/usage': OF_OWN_ACCOUNT(503, 'billing'),
  'POST /api/v1/billing/payment-method': OF_OWN_ACCOUNT(503, 'billing'),
  'GET /api/workspace/status': OF_OWN_ACCOUNT(200, 'read'),
  'POST /api/workspace/start': OF_OWN_ACCOUNT(202, 'workspaces'),
  'POST /api/workspace/stop': OF_OWN_ACCOUNT(202, 'workspaces'),
  'POST /api/workspace/restart': OF_OWN_ACCOUNT(202, 'workspaces'),
  'GET /api/v1/me': { own: '401  200 200 200 200 200  200 403 403 403 200  401 401 401' },
  'GET /api/v1/openapi.json': { own: '401  200 200 200 200 200  200 200 200 200 200  401 401 401' },
  'POST /api/v1/organisations': { own: '401  201 201 201 201 201  403 403 403 403 403  401 401 401' },
  'POST /api/v1/invitations/{invitationId}/accept': {
    own: '401  200 200 200 200 200  403 403 403 403 403  401 401 401',
    foreign: '401  404 404 404 404 404  403 403 403 403 403  401 401 401',
    missing: '401  404 404 404 404 404  403 403 403 403 403  401 401 401',
  },
  'POST /api/v1/invitations/{invitationId}/decline': {
    own: '401  204 204 204 204 204  403 403 403 403 403  401 401 401',
    foreign: '401  404 404 404 404 404  403 403 403 403 403  401 401 401',
    missing: '401  404 404 404 404 404  403 403 403 403 403  401 401 401',
  },
};

/** What answers anybody, and what it says to an empty request. */
const OPEN: Record<string, number> = {
  'GET /health': 200,
  'GET /ready': 200,
  'GET /metrics': 403,
  'GET /support': 403,
  'POST /api/v1/webhooks/stripe': 415,
  'POST /api/webhooks/stripe': 415,
  'POST /api/billing/webhook': 415,
  'POST /api/v1/billing/webhooks/stripe': 415,
  'GET /api/v1/billing/plans': 200,
  'POST /api/auth/sign-up/email': 400,
  'POST /api/auth/sign-in/email': 400,
  'POST /api/auth/sign-out': 200,
  'GET /api/auth/get-session': 200,
  'POST /api/auth/verify-email': 400,
  'POST /api/auth/send-verification-email': 400,
  'POST /api/auth/request-password-reset': 400,
  'POST /api/auth/reset-password': 400,
  'POST /api/auth/update-user': 401,
  'POST /api/auth/change-password': 400,
  'POST /api/auth/two-factor/enable': 400,
  'POST /api/auth/two-factor/disable': 400,
  'POST /api/auth/two-factor/verify-totp': 400,
  'POST /api/auth/two-factor/verify-backup-code': 400,
  'POST /api/auth/two-factor/generate-backup-codes': 400,
  'GET /api/auth/list-sessions': 401,
  'POST /api/auth/revoke-session': 400,
  'POST /api/auth/revoke-sessions': 401,
  'POST /api/auth/revoke-other-sessions': 401,
};

const PEOPLE = ['owner', 'admin', 'billing', 'member', 'stranger'] as const;
type PersonName = (typeof PEOPLE)[number];
const ROLES = ['owner', 'admin', 'billing', 'member'] as const;

const run = randomUUID().slice(0, 8);
const database = openDatabase();
const temporal = openTemporal();
const prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 2 });
const idOf = (name: string) => `${name}-${run}`;
const accounts = {
  own: newAccount(),
  suspended: newAccount(),
  personal: newAccount(),
  foreign: newAccount(),
  missing: newAccount(),
};
type AccountKind = keyof typeof accounts;
const hostId = `host-${run}`;
const headersOf = {} as Record<Column, Record<string, string>>;
let api: Api;
let host: Server;
let connection: NativeConnection;
let worker: { stop(): void; ran: Promise<void> };

beforeAll(async () => {
  await ensureOwnEngines(temporal);
  api = createTestApi({ env: { STRIPE_SECRET_KEY: '', STRIPE_API_BASE: '' } });
  await Promise.all([startWorker(), startHost()]);
  for (const name of [...PEOPLE, 'somebody']) headersOf[name as PersonName] = { cookie: await newPerson(name) };
  for (const kind of ['own', 'suspended', 'foreign'] as const) {
    await prisma.organisation.create({ data: { id: idOf(kind), name: `Organisation ${kind}`, slug: idOf(kind) } });
  }
  await prisma.member.create({
    data: { id: idOf('foreign-owner'), organisationId: idOf('foreign'), userId: idOf('somebody'), role: 'owner' },
  });
  for (const kind of ['own', 'suspended', 'personal', 'foreign'] as const) await newAccountOf(kind);
  for (const name of PEOPLE.slice(1)) {
    const account = newAccount();
    await storeAccount(database, account, { ownerUserId: idOf(name) });
    await storeState(account.accountId, null);
  }
  await resetMembers();
  const ownerKey = { configId: 'user', referenceId: idOf('owner') };
  const far = new Date(Date.now() + 86_400_000);
  headersOf.nobody = {};
  headersOf['key read'] = await newKey({ ...ownerKey, scopes: ['read'] });
  headersOf['key workspaces'] = await newKey({ ...ownerKey, scopes: ['workspaces'], expiresAt: far });
  headersOf['key billing'] = await newKey({ ...ownerKey, scopes: ['billing'] });
  headersOf['key usage:write'] = await newKey({ ...ownerKey, scopes: ['usage:write'] });
  const all = ['read', 'workspaces', 'billing', 'usage:write'];
  headersOf['organisation key'] = await newKey({ configId: 'organisation', referenceId: idOf('own'), scopes: all });
  headersOf['revoked key'] = await newKey({ ...ownerKey, scopes: all, enabled: false });
  headersOf['expired key'] = await newKey({ ...ownerKey, scopes: all, expiresAt: new Date(0) });
  headersOf['wrong key'] = { authorization: `Bearer lh_${randomUUID()}` };
});

afterAll(async () => {
  for (const { accountId } of Object.values(accounts)) await endWorkflow(temporal, accountId);
  worker?.stop();
  await worker?.ran;
  await connection?.close();
  await api?.close();
  host?.close();
  await database.query('DELETE FROM stripe_customer WHERE id = $1', [accounts.suspended.customerId]);
  await database.query('DELETE FROM host WHERE id = $1', [hostId]);
  await database.query('DELETE FROM account WHERE id = ANY($1) OR user_id LIKE $2', [
    Object.values(accounts).map(({ accountId }) => accountId),
    `%-${run}`,
  ]);
  await database.end();
  await prisma.$disconnect();
  await temporal.connection.close();
});

test('every route of the app has its row, and every row its route', () => {
  const routes = new Set(
    api.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path !== '/*')
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`),
  );
  expect([...routes].sort()).toEqual([...Object.keys(GUARDED), ...Object.keys(OWN), ...Object.keys(OPEN)].sort());
  // All that answers whatever is asked: the rest of better-auth, which is closed.
  const wildcards = api.app.routes.filter(({ method, path }) => method === 'ALL' && path !== '/*');
  expect(new Set(wildcards.map(({ path }) => path))).toEqual(new Set(['/api/auth/*']));
});

test('every guarded route is described with its action, the roles and the scope', async () => {
  const answer = await api.app.request('/api/v1/openapi.json', { headers: headersOf.owner });
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Record<string, unknown>>> };
  for (const route of [...Object.keys(GUARDED), ...Object.keys(OWN)]) {
    if (route.endsWith('/openapi.json')) continue;
    const [method = '', path = ''] = route.split(' ');
    const described = paths[path]?.[method.toLowerCase()];
    expect([route, described?.['x-action'], described?.responses]).toEqual([
      route,
      expect.stringContaining(':'),
      expect.objectContaining({ 401: expect.anything(), 403: expect.anything(), 429: expect.anything() }),
    ]);
  }
});

const cells = Object.entries({ ...GUARDED, ...OWN }).flatMap(([route, row]) =>
  Object.entries(row).map(([kind, statuses]) => [route, kind as AccountKind, statuses] as const),
);

test.each(cells)('%s of %s', async (route, kind, row) => {
  const expected = row.split(/\s+/).map(Number);
  expect(expected).toHaveLength(COLUMNS.length);
  const answers = await (changesMembers(route) ? oneByOne : atOnce)(COLUMNS, (column) => ask(route, kind, column));
  const statuses = (each: readonly (number | undefined)[]) => COLUMNS.map((column, index) => [column, each[index]]);
  expect(statuses(answers.map(({ status }) => status))).toEqual(statuses(expected));
  for (const [index, { status, body }] of answers.entries()) {
    if (status >= 400) expectReason(status, body, COLUMNS[index]);
  }
});

test('whatever is not theirs and what never was answer alike, word for word', async () => {
  for (const route of Object.keys(GUARDED)) {
    const [foreign, missing] = [await ask(route, 'foreign', 'owner'), await ask(route, 'missing', 'owner')];
    expect([route, { ...foreign.body, requestId: '' }]).toEqual([route, { ...missing.body, requestId: '' }]);
  }
});

test.each(Object.entries(OPEN))('%s answers anybody: %i to an empty request', async (route, status) => {
  for (const column of ['nobody', 'wrong key'] as const) {
    expect([column, (await ask(route, 'own', column)).status]).toEqual([column, status]);
  }
});

test('all else of better-auth is closed, and no path below /api answers without saying who asks', async () => {
  for (const path of [
    '/api/auth/organization/list',
    '/api/auth/api-key/create',
    '/api/auth/delete-user',
    '/api/auth/x',
  ]) {
    expect((await ask(`POST ${path}`, 'own', 'owner')).status).toBe(404);
  }
  for (const path of ['/api/v1/nothing', '/api/v1/accounts', '/api/v1/account', '/api', '/']) {
    expect([
      (await ask(`GET ${path}`, 'own', 'nobody')).status,
      (await ask(`GET ${path}`, 'own', 'owner')).status,
    ]).toEqual([401, 404]);
  }
});

/** What changes who belongs to an organisation is put right again before each request. */
function changesMembers(route: string): boolean {
  return /members|leave|transfer|invitations/.test(route);
}

function atOnce<T, R>(all: readonly T[], act: (each: T) => Promise<R>): Promise<R[]> {
  return Promise.all(all.map(act));
}

async function oneByOne<T, R>(all: readonly T[], act: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const each of all) results.push(await act(each));
  return results;
}

interface Answered {
  status: number;
  body: Record<string, unknown>;
}

/** Sends what the route takes, with targets that are there and new for each request. */
async function ask(route: string, kind: AccountKind, column: Column): Promise<Answered> {
  const [method = 'GET', template = ''] = route.split(' ');
  const { accountId } = accounts[kind];
  if (changesMembers(route)) await resetMembers();
  const ids: Record<string, string> = {
    accountId,
    id: kind === 'missing' ? 'no-such-workspace' : `${accountId}-main`,
    userId: template.includes('{userId}') ? await newMember(kind) : '',
    invitationId: template.includes('{invitationId}') ? await newInvitation(kind, column, template) : '',
    keyId: template.includes('{keyId}') ? await newKeyOf(kind) : '',
    subscriptionId: 'sub_1',
    invoiceId: 'in_1',
    paymentMethodId: 'pm_1',
  };
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
  const body = await bodyOf(route, kind);
  const isJson = method !== 'GET' && !/webhook/.test(template);
  const sent = {
    method,
    headers: {
      origin: WEB_ORIGIN,
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...headersOf[column],
    },
    ...(isJson ? { body: JSON.stringify(body ?? {}) } : {}),
  };
  const answer = await api.app.request(path, sent, { incoming: { socket: { remoteAddress: someAddress() } } });
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    await answer.body?.cancel();
    return { status: answer.status, body: {} };
  }
  const text = await answer.text();
  const isObject = text.startsWith('{');
  return { status: answer.status, body: isObject ? (JSON.parse(text) as Answered['body']) : {} };
}

async function bodyOf(route: string, kind: AccountKind): Promise<unknown> {
  switch (route) {
    case `POST ${BILLING}/checkout`:
    case `PATCH ${BILLING}/subscription`:
    case 'POST /api/v1/billing/checkout':
    case 'PATCH /api/v1/billing/subscription':
      return { planId: 'team' };
    case 'POST /api/billing/create-checkout':
      return { plan: 'team' };
    case 'POST /api/billing/workspace-addon':
      return { tier: 'MICRO' };
    case 'POST /api/billing/org-workspace-booster':
      return { organizationId: idOf('own'), boosterId: 'ORG_MICRO' };
    case `POST ${BILLING}/subscription`:
    case 'POST /api/v1/billing/subscription':
      return { planId: 'team', paymentMethodId: 'pm_1' };
    case `POST ${BILLING}/payment-methods`:
    case 'POST /api/v1/billing/payment-method':
      return { paymentMethodId: 'pm_1' };
    case `PATCH ${BILLING}/add-ons/{subscriptionId}`:
      return { quantity: 2 };
    case 'POST /api/v1/organisations':
      return { name: 'A new one' };
    case 'PATCH /api/v1/accounts/{accountId}/members/{userId}':
      return { role: 'billing' };
    case 'POST /api/v1/accounts/{accountId}/transfer':
      return { userId: await newMember(kind) };
    case 'POST /api/v1/accounts/{accountId}/invitations':
      return { email: `invited-${randomUUID()}@leasehold.test`, role: 'member' };
    case 'POST /api/v1/accounts/{accountId}/keys':
      return { name: 'A key', scopes: ['read'], expiresInDays: 1 };
    case 'POST /api/v1/accounts/{accountId}/workspaces':
      return { name: 'further' };
    case 'POST /api/v1/workspaces/{id}/move':
      return { at: null };
    case 'PATCH /api/v1/workspaces/{id}':
      return { name: 'Another' };
    case 'PUT /api/v1/workspaces/{id}/size':
      return { memoryMb: 128, cpuPercent: 10, storageMb: 256 };
    case 'POST /api/v1/workspaces/{id}/messages':
      return { plugin: 'echo', payload: 1 };
    default:
      return undefined;
  }
}

/** A refusal says why, and what would be needed. */
function expectReason(status: number, body: Answered['body'], column = 'nobody' as Column): void {
  expect(body).toMatchObject({ status, detail: expect.any(String), requestId: expect.any(String) });
  const whose = { 'revoked key': 'key-revoked', 'expired key': 'key-expired', 'wrong key': 'key-invalid' } as const;
  const code = column in whose ? whose[column as keyof typeof whose] : 'unauthenticated';
  if (status === 401) expect(body.code).toBe(code);
  if (status === 402)
    expect(body).toMatchObject({
      code: 'account-suspended',
      amountCents: 900,
      currency: 'usd',
      payUrl: 'https://pay.example/in_1',
      holds: ['billing'],
      comesBack: expect.any(Array),
    });
  if (status === 403) {
    expect(['role-missing', 'scope-missing', 'person-needed']).toContain(body.code);
    if (body.code === 'role-missing') expect(body.needs).toContain('owner');
    if (body.code === 'scope-missing') expect(body.scope).toEqual(expect.any(String));
  }
  if (status === 404) expect(body.code).toMatch(/^(account|workspace|invitation)-not-found$/);
}

async function newPerson(name: string): Promise<string> {
  const token = randomUUID();
  await prisma.user.create({
    data: {
      id: idOf(name),
      name,
      email: `${idOf(name)}@leasehold.test`,
      emailVerified: true,
      sessions: { create: { id: randomUUID(), token, expiresAt: new Date(Date.now() + 6 * 86_400_000) } },
    },
  });
  const signature = createHmac('sha256', TEST_AUTH_SECRET).update(token).digest('base64');
  return `leasehold.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
}

async function newAccountOf(kind: Exclude<AccountKind, 'missing'>): Promise<void> {
  const { accountId } = accounts[kind];
  const held = {
    standing: 'suspended',
    holds: [{ name: 'billing', since: '2026-03-08T00:00:00.000Z', reason: 'The renewal was not paid.' }],
    debt: {
      ...{ invoiceId: 'in_1', amountCents: 900, currency: 'usd', payUrl: 'https://pay.example/in_1' },
      nextAttemptAt: null,
    },
  };
  await storeAccount(database, accounts[kind], {
    ownerUserId: kind === 'personal' ? idOf('owner') : idOf(`unused-${kind}`),
    view: kind === 'suspended' ? held : {},
  });
  if (kind === 'suspended') {
    const { customerId } = accounts[kind];
    const at = new Date();
    await prisma.stripeCustomer.create({
      data: { id: customerId, readBeganAt: at, readAt: at, digest: '', creditCents: 0 },
    });
    await prisma.invoice.create({
      data: {
        ...{ id: 'in_1', customerId, status: 'open', billingReason: 'subscription_cycle', currency: 'usd' },
        ...{ totalCents: 900, paidCents: 0, remainingCents: 900, attemptCount: 1 },
        ...{ createdAt: at, periodStart: at, periodEnd: at, hostedUrl: 'https://pay.example/in_1' },
      },
    });
  }
  const organisationId = kind === 'personal' ? null : idOf(kind);
  if (organisationId) {
    await database.query('UPDATE account SET user_id = NULL, organisation_id = $2 WHERE id = $1', [
      accountId,
      organisationId,
    ]);
  }
  await storeState(accountId, organisationId);
}

/** The state as it is opened, and the host of this test. */
async function storeState(accountId: string, organisationId: string | null): Promise<void> {
  const state = openAccount(
    {
      ...{ accountId, ownerUserId: idOf('owner'), organisationId, stripeCustomerId: null },
      workspaces: [{ id: `${accountId}-main`, name: 'Main', hostId }],
    },
    '2026-03-01T00:00:00.000Z',
    loadCatalog('catalogs/demo.yaml'),
  );
  await database.query('UPDATE account SET state = $2 WHERE id = $1', [accountId, JSON.stringify(state)]);
  await database.query('UPDATE workspace SET host_id = $2 WHERE account_id = $1', [accountId, hostId]);
}

/** The four roles as they are called, in both organisations. */
async function resetMembers(): Promise<void> {
  const organisationIds = [idOf('own'), idOf('suspended')];
  await prisma.$transaction([
    prisma.member.deleteMany({ where: { organisationId: { in: organisationIds } } }),
    prisma.member.createMany({
      data: organisationIds.flatMap((organisationId) =>
        ROLES.map((role) => ({ id: randomUUID(), organisationId, userId: idOf(role), role })),
      ),
    }),
  ]);
}

async function newMember(kind: AccountKind): Promise<string> {
  const userId = randomUUID();
  await prisma.user.create({ data: { id: userId, name: 'A member', email: `${userId}@leasehold.test` } });
  if (kind === 'own' || kind === 'suspended' || kind === 'foreign') {
    const organisationId = idOf(kind);
    await prisma.member.create({ data: { id: randomUUID(), organisationId, userId, role: 'member' } });
  }
  return userId;
}

/** Below an account it is one of its own; below /invitations it is one to whoever asks, or to somebody else. */
async function newInvitation(kind: AccountKind, column: Column, template: string): Promise<string> {
  const id = randomUUID();
  if (kind === 'missing' || kind === 'personal') return id;
  const isAnswered = template.startsWith('/api/v1/invitations');
  const invited = kind === 'own' && isAnswered ? idOf(column) : `invited-${id}`;
  const email = `${invited}@leasehold.test`.replace(/ /g, '-');
  const organisationId = isAnswered ? idOf('foreign') : idOf(kind);
  await prisma.invitation.updateMany({ where: { organisationId, email }, data: { status: 'canceled' } });
  const expiresAt = new Date(Date.now() + 86_400_000);
  await prisma.invitation.create({
    data: { id, organisationId, email, role: 'member', expiresAt, inviterId: idOf('somebody') },
  });
  if (isAnswered) await prisma.member.deleteMany({ where: { organisationId, userId: { not: idOf('somebody') } } });
  return id;
}

async function newKeyOf(kind: AccountKind): Promise<string> {
  if (kind === 'missing') return randomUUID();
  const whose =
    kind === 'personal'
      ? { configId: 'user', referenceId: idOf('owner') }
      : { configId: 'organisation', referenceId: idOf(kind) };
  const id = randomUUID();
  await newKey({ ...whose, id, scopes: ['read'] });
  return id;
}

interface KeyOrder {
  id?: string;
  configId: string;
  referenceId: string;
  scopes: string[];
  enabled?: boolean;
  expiresAt?: Date;
}

async function newKey({ id = randomUUID(), scopes, ...rest }: KeyOrder): Promise<Record<string, string>> {
  const secret = `lh_${randomUUID()}`;
  const key = await defaultKeyHasher(secret);
  await prisma.apiKey.create({ data: { id, key, name: 'A key', permissions: JSON.stringify({ scopes }), ...rest } });
  return { authorization: `Bearer ${secret}` };
}

async function startWorker(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  connection = await NativeConnection.connect({ address: platformEnv().TEMPORAL_ADDRESS });
  const made = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: 'subscriptions',
    workflowsPath: fileURLToPath(new URL('../../api/accounts/subscription.fixture.ts', import.meta.url)),
  });
  worker = { stop: () => made.shutdown(), ran: made.run() };
}

/** In a host worker's place: it knows of no figures, its logs are empty, and its plugins answer. */
async function startHost(): Promise<void> {
  host = createServer((request, response) => {
    if (request.url?.includes('/logs?')) return response.writeHead(200).end();
    const answer = { plugin: 'echo', result: 1, durationMs: 1, executionId: 'x1' };
    response
      .writeHead(request.method === 'POST' ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  const address = host.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  // It is not seen again while the tests of this file run.
  await database.query(
    'INSERT INTO host (id, internal_url, cpu_percent, memory_mb, seen_at) VALUES ($1, $2, 200, 1000000, now() + make_interval(hours => 1))',
    [hostId, `http://127.0.0.1:${address.port}`],
  );
}
