import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';
import { openAccount } from '#domain/open-account.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { DEMO_USER } from './auth/ensure-demo-user.ts';
import type { Api } from './create-api.ts';
import {
  createOutageProxy,
  createTestApi,
  DEMO_PASSWORD,
  endWorkflow,
  ensureOwnEngines,
  eventually,
  newAccount,
  openDatabase,
  openTemporal,
  platformEnv,
  signIn,
  storeAccount,
  WEB_ORIGIN,
} from './integration.fixture.ts';
import { Browser, newPerson, PASSWORD, type Person } from './people.fixture.ts';

const database = openDatabase();
const temporal = openTemporal();
const mine = newAccount();
const theirs = newAccount();
const myWorkspace = `${mine.accountId}-main`;
const theirWorkspace = `${theirs.accountId}-main`;
let api: Api;
let cookie: string;

beforeAll(async () => {
  await ensureOwnEngines(temporal);
  api = createTestApi();
  await api.prepare();
  cookie = await signIn(api);
  await storeAccount(database, mine, { ownerUserId: DEMO_USER.id, version: 3 });
  await storeAccount(database, theirs, { ownerUserId: 'somebody-else' });
  await database.query(
    `INSERT INTO timeline_entry (account_id, id, at, kind, text) VALUES
     ($1, 'a', '2026-03-01T00:00:00Z', 'account-opened', 'The account was opened.'),
     ($1, 'b', '2026-03-02T00:00:00Z', 'payment-failed', 'A payment failed.'),
     ($2, 'c', '2026-03-03T00:00:00Z', 'suspended', 'Not yours.')`,
    [mine.accountId, theirs.accountId],
  );
});

afterAll(async () => {
  await endWorkflow(temporal, mine.accountId);
  await api.close();
  await database.query('DELETE FROM account WHERE id = ANY($1)', [[mine.accountId, theirs.accountId]]);
  await database.end();
  await temporal.connection.close();
});

interface Sent {
  cookie?: string | null;
  origin?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
}

async function ask(method: string, path: string, sent: Sent = {}) {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...sent.headers };
  if (sent.cookie !== null) headers.cookie = sent.cookie ?? cookie;
  if (sent.origin !== null) headers.origin = sent.origin ?? WEB_ORIGIN;
  const answer = await api.app.request(path, {
    method,
    headers,
    body: sent.body === undefined ? undefined : JSON.stringify(sent.body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
}

const endpoints = (workspaceId: string): [string, string, unknown?][] => [
  ['GET', `/api/v1/workspaces/${workspaceId}`],
  ['POST', `/api/v1/workspaces/${workspaceId}/start`],
  ['POST', `/api/v1/workspaces/${workspaceId}/stop`],
  ['POST', `/api/v1/workspaces/${workspaceId}/messages`, { plugin: 'echo', payload: 1 }],
  ['DELETE', `/api/v1/workspaces/${workspaceId}`],
];

test('without a session every endpoint answers 401, for what exists, for what does not, and for nonsense alike', async () => {
  const all = [
    ['GET', '/api/v1/me'],
    ['GET', `/api/v1/accounts/${mine.accountId}`],
    ['GET', `/api/v1/accounts/${mine.accountId}/timeline`],
    ['GET', '/api/v1/openapi.json'],
    ['GET', '/api/v1/nothing-here'],
    ['GET', '/api/v1/webhooks/stripe'],
    ['POST', `/api/v1/accounts/${mine.accountId}/workspaces`, { name: 'mine' }],
    ['GET', '/nothing-here'],
    ...endpoints(myWorkspace),
    ...endpoints('no-such-workspace'),
  ] as [string, string, unknown?][];
  for (const [method, path, body] of all) {
    for (const forged of [null, 'leasehold.session_token=forged.c2ln']) {
      const answer = await ask(method, path, { cookie: forged, body });
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 401, 'unauthenticated']);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
    }
  }
});

test("another's workspace is not there, on every endpoint, just like one that never was", async () => {
  for (const id of [theirWorkspace, 'no-such-workspace']) {
    for (const [method, path, body] of endpoints(id)) {
      const answer = await ask(method, path, { body });
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'workspace-not-found']);
    }
  }
});

test('a write with the cookie and a foreign Origin, or none, is refused and changes nothing', async () => {
  for (const origin of ['https://evil.example', null]) {
    for (const [method, path, body] of endpoints(myWorkspace).filter(([each]) => each !== 'GET')) {
      const answer = await ask(method, path, { origin, body });
      expect([answer.status, answer.body.code]).toEqual([403, 'origin-not-trusted']);
    }
  }
});

test('a wrong password and an unknown address get the same answer', async () => {
  const answers = await Promise.all(
    [DEMO_USER.email, 'nobody@leasehold.test'].map((email) =>
      ask('POST', '/api/auth/sign-in/email', { cookie: null, body: { email, password: 'not the password' } }),
    ),
  );
  for (const answer of answers) expect([answer.status, answer.body.code]).toEqual([401, 'sign-in-failed']);
  expect(answers[0]?.body.detail).toBe(answers[1]?.body.detail);
});

test('cookies are HttpOnly and SameSite, and Secure exactly when people come over https', async () => {
  const secure = createTestApi({ env: { LEASEHOLD_WEB_ORIGIN: 'https://lease.example' } });
  const set = async (subject: Api, origin: string) => {
    const answer = await subject.app.request('/api/auth/sign-in/email', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ email: DEMO_USER.email, password: DEMO_PASSWORD }),
    });
    return answer.headers.getSetCookie()[0] ?? '';
  };
  expect(await set(api, WEB_ORIGIN)).toMatch(/^leasehold\.session_token=.*HttpOnly; SameSite=Lax$/);
  expect(await set(secure, 'https://lease.example')).toMatch(/^__Secure-leasehold\.session_token=.*Secure/);
  await secure.close();
});

test('another demo password replaces the former one and ends its sessions', async () => {
  const changed = createTestApi({ env: { LEASEHOLD_DEMO_PASSWORD: 'another password' } });
  const before = await signIn(api);
  await changed.prepare();
  expect((await ask('GET', `/api/v1/accounts/${mine.accountId}`, { cookie: before })).status).toBe(401);
  await changed.close();
  await api.prepare();
  cookie = await signIn(api);
  expect((await ask('GET', `/api/v1/accounts/${mine.accountId}`)).status).toBe(200);
});

test('after sign-out the cookie is worth nothing', async () => {
  const session = await signIn(api);
  expect((await ask('POST', '/api/auth/sign-out', { cookie: session, body: {} })).status).toBe(200);
  expect((await ask('GET', `/api/v1/accounts/${mine.accountId}`, { cookie: session })).status).toBe(401);
});

test('without a worker the account comes from the read model, with its age', async () => {
  await database.query("UPDATE account SET updated_at = now() - interval '90 seconds' WHERE id = $1", [mine.accountId]);
  const answer = await ask('GET', `/api/v1/accounts/${mine.accountId}`);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    accountId: mine.accountId,
    source: 'read-model',
    version: 3,
    standing: 'active',
  });
  expect(answer.body.ageSeconds).toBeGreaterThanOrEqual(89);
});

test('a version that does not come is waited for 2 s, then what there is says its own', async () => {
  const began = performance.now();
  const answer = await ask('GET', `/api/v1/accounts/${mine.accountId}?minVersion=99`);
  expect(answer.body.version).toBe(3);
  expect(performance.now() - began).toBeGreaterThan(1_500);
});

test('the timeline is mine alone, newest first', async () => {
  const answer = await ask('GET', `/api/v1/accounts/${mine.accountId}/timeline`);
  expect(answer.body).toEqual({
    entries: [
      { id: 'b', at: '2026-03-02T00:00:00.000Z', kind: 'payment-failed', text: 'A payment failed.' },
      { id: 'a', at: '2026-03-01T00:00:00.000Z', kind: 'account-opened', text: 'The account was opened.' },
    ],
  });
});

test('malformed input is refused with the field that is wrong', async () => {
  const answer = await ask('GET', `/api/v1/accounts/${mine.accountId}?minVersion=soon`);
  expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid']);
  expect(answer.body.detail).toContain('query.minVersion');
  const message = await ask('POST', `/api/v1/workspaces/${myWorkspace}/messages`, { body: { payload: 1 } });
  expect([message.status, message.body.code]).toEqual([400, 'request-invalid']);
});

test('a new workspace needs a name of a sensible length, and a size in whole numbers', async () => {
  const size = { memoryMb: 256.5, cpuPercent: 50, storageMb: 1024 };
  for (const [body, field] of [
    [{}, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'mine', size }, 'size.memoryMb'],
  ] as const) {
    const answer = await ask('POST', `/api/v1/accounts/${mine.accountId}/workspaces`, { body });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(field)]);
  }
});

test('without a host that is there and has room, a new workspace is refused with 503 and nothing is created', async () => {
  const id = `idle-${mine.accountId}`;
  const opening = { accountId: mine.accountId, ownerUserId: 'owner', stripeCustomerId: null, workspaces: [] };
  const state = openAccount(opening, '2026-03-01T00:00:00.000Z', loadCatalog('catalogs/demo.yaml'));
  await database.query('UPDATE account SET state = $2 WHERE id = $1', [mine.accountId, JSON.stringify(state)]);
  await database.query('UPDATE host SET seen_at = $1', ['2026-03-01T00:00:00Z']);
  const gone = await ask('POST', `/api/v1/accounts/${mine.accountId}/workspaces`, { body: { name: 'mine' } });
  expect([gone.status, gone.body.code, gone.headers.get('retry-after')]).toEqual([503, 'no-host', '60']);
  await database.query(
    'INSERT INTO host (id, internal_url, cpu_percent, memory_mb, seen_at) VALUES ($1, $2, 200, 200, now())',
    [id, 'http://127.0.0.1:1'],
  );
  const size = { memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
  const full = await ask('POST', `/api/v1/accounts/${mine.accountId}/workspaces`, { body: { name: 'mine', size } });
  expect([full.status, full.body.detail]).toEqual([
    503,
    expect.stringContaining('256 MB and 0.5 CPU are needed; at most 200 MB'),
  ]);
  await database.query('DELETE FROM host WHERE id = $1', [id]);
});

test('with Temporal down a wish is refused with 503 and what to do; pages still answer', async () => {
  const [host = '127.0.0.1', port = '7233'] = (platformEnv().TEMPORAL_ADDRESS ?? '').split(':');
  const proxy = await createOutageProxy(host, Number(port));
  await proxy.down();
  const subject = createTestApi({ env: { TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` } });
  const headers = { cookie, origin: WEB_ORIGIN };
  const wish = await subject.app.request(`/api/v1/workspaces/${myWorkspace}/start`, { method: 'POST', headers });
  expect(wish.status).toBe(503);
  expect(wish.headers.get('retry-after')).toBe('5');
  expect(await wish.json()).toMatchObject({ detail: expect.stringContaining('same Idempotency-Key') });
  expect((await subject.app.request(`/api/v1/accounts/${mine.accountId}`, { headers })).status).toBe(200);
  await subject.close();
});

test('with Temporal down a person without an account is told so with 200, and tried for again at the next look', async () => {
  const [host = '127.0.0.1', port = '7233'] = (platformEnv().TEMPORAL_ADDRESS ?? '').split(':');
  const proxy = await createOutageProxy(host, Number(port));
  await proxy.down();
  const subject = createTestApi({ env: { TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` } });
  const { browser } = await newPerson(subject);
  const answer = await browser.get('/api/v1/me');
  expect([answer.status, answer.body]).toMatchObject([
    200,
    { accounts: [], notice: expect.stringContaining('opened') },
  ]);
  await subject.close();
});

test('an account is opened once, on the free plan, with a workspace where a host is there', async () => {
  const person = await newPerson(api);
  const accountId = `u-${person.userId}`;
  await person.browser.get('/api/v1/me');
  await signInAgain(person);
  const described = await temporal.client.workflow.getHandle(subscriptionWorkflowId(accountId)).fetchHistory();
  const [started, ...later] = described.events ?? [];
  const data = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  expect(JSON.parse(Buffer.from(data ?? '').toString())).toEqual({
    accountId,
    opening: {
      ownerUserId: person.userId,
      stripeCustomerId: null,
      audience: 'personal',
      workspaces: [],
    },
  });
  expect(later.filter((event) => event.workflowExecutionStartedEventAttributes)).toEqual([]);
  await endWorkflow(temporal, accountId);
});

test('where the catalog has no plan for organisations nobody can open one', async () => {
  const subject = createTestApi({ env: { LEASEHOLD_CATALOG: 'catalogs/objecta.yaml' } });
  const { browser } = await newPerson(subject);
  const answer = await browser.post('/api/v1/organisations', { name: 'Mine' });
  expect([answer.status, answer.body.code]).toEqual([409, 'organisations-not-offered']);
  await subject.close();
});

test("a workspace shows its host's figures, null when the host is silent, and messages reach it", async () => {
  expect((await ask('GET', `/api/v1/workspaces/${myWorkspace}`)).body).toMatchObject({ id: myWorkspace, live: null });
  const live = {
    workspaceId: myWorkspace,
    status: 'running',
    containerId: 'c1',
    uptimeSeconds: 5,
    memoryUsedMb: 40,
    memoryLimitMb: 256,
    cpuPercent: 1,
    cpuLimitPercent: 50,
    health: 'healthy',
  };
  let messageStatus = 200;
  const host = await listen((method, path, token) => {
    if (token !== 'Bearer a token of the tests') return [401, {}];
    if (method === 'GET' && path === `/workspaces/${myWorkspace}/live`) return [200, live];
    return [messageStatus, { plugin: 'echo', result: { said: 1 }, durationMs: 2, executionId: 'x1' }];
  });
  await database.query(
    `INSERT INTO host (id, internal_url, cpu_percent, memory_mb, seen_at) VALUES ($1, $2, 200, 4096, now())`,
    [`host-${mine.accountId}`, host.url],
  );
  expect((await ask('GET', `/api/v1/workspaces/${myWorkspace}`)).body).toMatchObject({ status: 'running', live });
  const path = `/api/v1/workspaces/${myWorkspace}/messages`;
  const body = { plugin: 'echo', payload: { say: 1 } };
  expect(await ask('POST', path, { body })).toMatchObject({
    status: 200,
    body: { result: { said: 1 }, executionId: 'x1' },
  });
  messageStatus = 409;
  expect(await ask('POST', path, { body })).toMatchObject({ status: 409, body: { code: 'workspace-not-running' } });
  messageStatus = 500;
  expect(await ask('POST', path, { body })).toMatchObject({ status: 503, body: { code: 'host-unreachable' } });
  host.server.close();
  host.server.closeAllConnections();
  expect(await ask('POST', path, { body })).toMatchObject({ status: 503, body: { code: 'host-unreachable' } });
});

test('with a worker: the account is live, wishes are recorded once for each key, refusals say why and what to do', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address: platformEnv().TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    connection,
    namespace: temporal.namespace,
    taskQueue: 'subscriptions',
    workflowsPath: fileURLToPath(new URL('./accounts/subscription.fixture.ts', import.meta.url)),
  });
  await worker.runUntil(async () => {
    const wish = (id: string, headers: Record<string, string> = {}) =>
      ask('POST', `/api/v1/workspaces/${id}/start`, { headers });
    // No workflow runs: the wish itself begins it.
    const first = await wish(myWorkspace, { 'idempotency-key': 'k1' });
    expect([first.status, first.body]).toEqual([202, { version: 11 }]);
    expect((await wish(myWorkspace, { 'idempotency-key': 'k1' })).body).toEqual({ version: 11 });
    const opposite = await ask('POST', `/api/v1/workspaces/${myWorkspace}/stop`, {
      headers: { 'idempotency-key': 'k1' },
    });
    expect(opposite.body).toEqual({ version: 12 });
    expect((await wish(myWorkspace)).body).toEqual({ version: 13 });

    // The tests before left the circuit open; it closes by itself.
    await eventually(async () => {
      const account = await ask('GET', `/api/v1/accounts/${mine.accountId}?minVersion=13`);
      expect(account.body).toMatchObject({ source: 'live', ageSeconds: 0, version: 13 });
    });

    for (const kind of ['suspended', 'deleted', 'unknown']) {
      await database.query(
        `INSERT INTO workspace (id, account_id, host_id, name, owner_wants, desired_state, desired_generation, memory_mb, cpu_percent, storage_mb)
         VALUES ($1, $2, 'h', 'W', 'running', 'stopped', 1, 256, 50, 1024)`,
        [`${mine.accountId}-${kind}`, mine.accountId],
      );
    }
    await database.query(
      `INSERT INTO stripe_customer (id, read_began_at, read_at, digest, credit_cents) VALUES ($1, now(), now(), '', 0)`,
      [mine.customerId],
    );
    await database.query(
      `INSERT INTO invoice (id, customer_id, status, billing_reason, currency, total_cents, paid_cents, remaining_cents,
                            created_at, period_start, period_end, attempt_count, hosted_url)
       VALUES ('in_1', $1, 'open', 'subscription_cycle', 'usd', 900, 0, 900, now(), now(), now(), 1, 'https://pay.example/in_1')`,
      [mine.customerId],
    );
    const suspended = await wish(`${mine.accountId}-suspended`);
    expect(suspended.status).toBe(402);
    expect(suspended.body).toMatchObject({
      code: 'account-suspended',
      amountCents: 900,
      currency: 'usd',
      payUrl: 'https://pay.example/in_1',
      detail: expect.stringContaining('9.00'),
    });
    expect(await wish(`${mine.accountId}-deleted`)).toMatchObject({ status: 409, body: { code: 'workspace-deleted' } });
    expect(await wish(`${mine.accountId}-unknown`)).toMatchObject({
      status: 404,
      body: { code: 'workspace-not-found' },
    });

    await database.query('UPDATE host SET seen_at = now() WHERE id = $1', [`host-${mine.accountId}`]);
    const state = openAccount(
      { accountId: mine.accountId, ownerUserId: DEMO_USER.id, stripeCustomerId: null, workspaces: [] },
      '2026-03-01T00:00:00.000Z',
      loadCatalog('catalogs/demo.yaml'),
    );
    await database.query('UPDATE account SET state = $2 WHERE id = $1', [mine.accountId, JSON.stringify(state)]);
    const create = (name: string, key: string) =>
      ask('POST', `/api/v1/accounts/${mine.accountId}/workspaces`, {
        body: { name },
        headers: { 'idempotency-key': key },
      });
    const created = await create('mine', 'k1');
    expect([created.status, created.body]).toEqual([202, { workspaceId: expect.stringMatching(/^ws_/), version: 14 }]);
    expect((await create('mine', 'k1')).body).toEqual(created.body);
    expect((await create('another', 'k2')).body.workspaceId).not.toBe(created.body.workspaceId);
    expect(await create('beyond', 'k3')).toMatchObject({
      status: 403,
      body: {
        code: 'plan-limit',
        detail: 'No memory is left. Upgrade to Team.',
        limit: 'memoryMb',
        max: 256,
        used: 256,
        asked: 128,
        liftedBy: [{ kind: 'plan', id: 'team', name: 'Team' }],
        message: 'Memory limit reached. Upgrade to Team.',
      },
    });
    expect(await create('suspended', 'k4')).toMatchObject({ status: 402, body: { amountCents: 900 } });
    expect(await create('taken', 'k5')).toMatchObject({ status: 409, body: { code: 'workspace-name-taken' } });
    expect(await create('tiny', 'k6')).toMatchObject({ status: 400, body: { detail: 'Too small.' } });
    const remove = () => ask('DELETE', `/api/v1/workspaces/${myWorkspace}`, { headers: { 'idempotency-key': 'k1' } });
    expect(await remove()).toMatchObject({ status: 202, body: { version: 16 } });
    expect(await remove()).toMatchObject({ status: 202, body: { version: 16 } });

    await eventually(async () => {
      const ready = await api.app.request('/ready');
      expect([ready.status, await ready.json()]).toMatchObject([200, { ready: true }]);
    });
  });
  await connection.close();
});

async function signInAgain({ email }: Person): Promise<void> {
  expect((await new Browser(api).post('/api/auth/sign-in/email', { email, password: PASSWORD })).status).toBe(200);
}

type Answerer = (method: string, path: string, token: string | undefined) => [status: number, body: unknown];

/** An HTTP server in a host worker's place, on a free port. */
async function listen(answer: Answerer): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const [status, body] = answer(request.method ?? '', request.url ?? '', request.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return { url: `http://127.0.0.1:${address.port}`, server };
}
