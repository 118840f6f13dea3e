import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Api } from './create-api.ts';
import { forwardCustomer } from './inbox/forward-customer.ts';
import {
  createEvent,
  createOutageProxy,
  createTestApi,
  deliver,
  endWorkflow,
  ensureOwnEngines,
  eventually,
  newAccount,
  openDatabase,
  openTemporal,
  platformEnv,
  readSignals,
  SECRETS,
  storeAccount,
  type TestAccount,
  type TestApiOptions,
} from './integration.fixture.ts';

const database = openDatabase();
const temporal = openTemporal();
const cleanups: (() => Promise<unknown>)[] = [];
let api: Api;

beforeAll(async () => {
  await ensureOwnEngines(temporal);
  api = createTestApi();
  api.forwarder.start();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
afterAll(async () => {
  await api.close();
  await database.end();
  await temporal.connection.close();
});

function start(options: TestApiOptions = {}, forwards = true): Api {
  const another = createTestApi(options);
  if (forwards) another.forwarder.start();
  cleanups.push(() => another.close());
  return another;
}

async function existingAccount(): Promise<TestAccount> {
  const account = newAccount();
  await storeAccount(database, account);
  cleanups.push(() => endWorkflow(temporal, account.accountId));
  return account;
}

const rowsOf = async (...ids: string[]) =>
  (
    await database.query<{
      id: string;
      account_id: string | null;
      forwarded_at: Date | null;
      customer_id: string | null;
    }>('SELECT id, account_id, forwarded_at, customer_id FROM stripe_event WHERE id = ANY($1) ORDER BY received_at', [
      ids,
    ])
  ).rows;
const signalsOf = (account: TestAccount) => readSignals(temporal, account.accountId);

test('a delivered event is committed before the answer, then its account is signalled and the row says so', async () => {
  const account = await existingAccount();
  const event = createEvent(account.customerId);
  const answer = await deliver(api, event);
  expect([answer.status, await answer.json()]).toEqual([200, { received: true, duplicate: false }]);
  expect(await rowsOf(event.id)).toMatchObject([{ customer_id: account.customerId }]);
  await eventually(async () => {
    expect(await rowsOf(event.id)).toMatchObject([{ account_id: account.accountId, forwarded_at: expect.any(Date) }]);
  });
  expect(await signalsOf(account)).toEqual([[{ eventId: event.id, type: 'invoice.paid' }]]);
});

const now = () => Math.floor(Date.now() / 1_000);
const good = () => createEvent('cus_refused');

test.each<[string, number, string, () => Promise<Response>]>([
  ['a forged signature', 400, 'signature-invalid', () => deliver(api, good(), { secret: 'whsec_forged' })],
  ['no signature', 400, 'signature-invalid', () => deliver(api, good(), { headers: { 'stripe-signature': '' } })],
  [
    'nonsense as signature',
    400,
    'signature-invalid',
    () => deliver(api, good(), { headers: { 'stripe-signature': 'x=1' } }),
  ],
  ['a signature of 301 seconds ago', 400, 'signature-too-old', () => deliver(api, good(), { signedAt: now() - 302 })],
  [
    'a changed byte',
    400,
    'signature-invalid',
    () => {
      const event = good();
      return deliver(api, event, { sent: event.body.replace('invoice.paid', 'invoice.paie') });
    },
  ],
  ['a rightly signed body that is no JSON', 400, 'event-invalid', () => deliver(api, { body: '{"id": "evt_' })],
  ['rightly signed JSON that is no event', 400, 'event-invalid', () => deliver(api, { body: '[]' })],
  [
    'a rightly signed thin event',
    400,
    'event-invalid',
    () => deliver(api, { body: '{"object":"v2.core.event","id":"evt_t"}' }),
  ],
  [
    'a form',
    415,
    'content-type-unsupported',
    () => deliver(api, good(), { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
  ],
  [
    'more than 1 MiB',
    413,
    'body-too-large',
    () =>
      deliver(api, { body: ' '.repeat(1024 * 1024 + 1) }, { headers: { 'content-length': String(1024 * 1024 + 1) } }),
  ],
  [
    'more than 1 MiB without a length',
    413,
    'body-too-large',
    () => deliver(api, { body: ' '.repeat(1024 * 1024 + 1) }),
  ],
])('scenario 8: %s is refused as a problem and leaves nothing behind', async (_what, status, code, send) => {
  const answer = await send();
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await answer.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code, detail: expect.any(String) });
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  const { rows } = await database.query("SELECT id FROM stripe_event WHERE customer_id = 'cus_refused'");
  expect(rows).toEqual([]);
});

test('scenario 9: during a rotation both secrets are good', async () => {
  for (const secret of [SECRETS.current, SECRETS.former]) {
    expect((await deliver(api, createEvent(null), { secret })).status).toBe(200);
  }
});

test('an event of another api_version is accepted and counted', async () => {
  const subject = start({}, false);
  expect((await deliver(subject, createEvent(null, { api_version: '2019-12-03' }))).status).toBe(200);
  const metrics = await subject.app.request('/metrics', {}, { incoming: { socket: { remoteAddress: '127.0.0.1' } } });
  expect(await metrics.text()).toContain('leasehold_webhook_api_version_mismatches_total{api_version="2019-12-03"} 1');
});

test('the same event again changes nothing', async () => {
  const account = await existingAccount();
  const event = createEvent(account.customerId);
  await deliver(api, event);
  await eventually(async () => expect(await signalsOf(account)).toHaveLength(1));
  const again = await deliver(api, event);
  expect([again.status, await again.json()]).toEqual([200, { received: true, duplicate: true }]);
  expect(await rowsOf(event.id)).toHaveLength(1);
  // A later event proves that the repeated one was not held back for a further signal.
  const later = createEvent(account.customerId);
  await deliver(api, later);
  await eventually(async () => expect((await signalsOf(account)).flat()).toHaveLength(2));
  expect((await signalsOf(account)).flat().map((hint) => hint.eventId)).toEqual([event.id, later.id]);
});

test('scenario 3: one event delivered to two processes at once, ten times over: one row, one hint', async () => {
  const account = await existingAccount();
  const processes = [start(), start()];
  const event = createEvent(account.customerId);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => deliver(processes[index % 2] ?? api, event)),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
  const told = await Promise.all(answers.map((answer) => answer.json() as Promise<{ duplicate: boolean }>));
  expect(told.filter((body) => !body.duplicate)).toHaveLength(1);
  expect(await rowsOf(event.id)).toHaveLength(1);
  await eventually(async () => expect(await rowsOf(event.id)).toMatchObject([{ forwarded_at: expect.any(Date) }]));
  expect(await signalsOf(account)).toEqual([[{ eventId: event.id, type: event.type }]]);
});

test('a burst of eight events becomes two signals: the first at once, the rest together', async () => {
  const subject = start({ forwarding: { quietMs: 60_000, maxGatherMs: 5_000 } });
  const account = await existingAccount();
  const events = Array.from({ length: 8 }, () => createEvent(account.customerId));
  const [first, ...rest] = events;
  if (first) await deliver(subject, first);
  await eventually(async () =>
    expect(await rowsOf(first?.id ?? '')).toMatchObject([{ forwarded_at: expect.any(Date) }]),
  );
  for (const event of rest) await deliver(subject, event);
  await eventually(async () => expect((await signalsOf(account)).flat()).toHaveLength(8));
  const signals = await signalsOf(account);
  expect(signals.map((hints) => hints.length)).toEqual([1, 7]);
  expect(signals.flat().map((hint) => hint.eventId)).toEqual(events.map((event) => event.id));
});

test('scenario 4: what a process accepted and did not forward before it died is forwarded by another', async () => {
  const account = await existingAccount();
  const dies = start({}, false);
  const event = createEvent(account.customerId);
  expect((await deliver(dies, event)).status).toBe(200);
  expect(await signalsOf(account)).toEqual([]);
  start();
  await eventually(async () => expect(await signalsOf(account)).toEqual([[{ eventId: event.id, type: event.type }]]));
});

test('scenario 4: a process that dies after the signal and before the mark repeats a hint and loses none', async () => {
  const account = await existingAccount();
  const dies = start({}, false);
  const event = createEvent(account.customerId);
  await deliver(dies, event);
  const crash = forwardCustomer(
    {
      pool: database,
      signalHints: async (accountId, hints) => {
        await temporal.client.workflow.signalWithStart('subscription', {
          workflowId: `subscription/${accountId}`,
          taskQueue: 'subscriptions',
          args: [{ accountId }],
          signal: 'billingHints',
          signalArgs: [hints],
        });
        throw new Error('killed');
      },
    },
    account.customerId,
  );
  await expect(crash).rejects.toThrow('killed');
  expect(await rowsOf(event.id)).toMatchObject([{ forwarded_at: null }]);
  start();
  await eventually(async () => expect(await rowsOf(event.id)).toMatchObject([{ forwarded_at: expect.any(Date) }]));
  expect((await signalsOf(account)).flat().map((hint) => hint.eventId)).toEqual([event.id, event.id]);
});

test('many processes that sweep at once send each event once', async () => {
  const accounts = await Promise.all(Array.from({ length: 6 }, existingAccount));
  const dies = start({}, false);
  const events = accounts.flatMap((account) => [createEvent(account.customerId), createEvent(account.customerId)]);
  for (const event of events) await deliver(dies, event);
  for (let count = 0; count < 3; count += 1) start();
  await eventually(async () => {
    const rows = await rowsOf(...events.map((event) => event.id));
    expect(rows.every((row) => row.forwarded_at !== null)).toBe(true);
  });
  const hints = (await Promise.all(accounts.map(signalsOf))).flat(2).map((hint) => hint.eventId);
  expect(hints.toSorted()).toEqual(events.map((event) => event.id).toSorted());
});

test('scenario 7: with Temporal down the answer is 200, and once it is back the event is forwarded, once', async () => {
  const account = await existingAccount();
  const [host = '127.0.0.1', port = '7233'] = (platformEnv().TEMPORAL_ADDRESS ?? '').split(':');
  const proxy = await createOutageProxy(host, Number(port));
  cleanups.push(() => proxy.close());
  const subject = start({ env: { TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` }, forwarding: { maxPauseMs: 1_000 } });
  const before = createEvent(account.customerId);
  await deliver(subject, before);
  await eventually(async () => expect(await rowsOf(before.id)).toMatchObject([{ forwarded_at: expect.any(Date) }]));

  await proxy.down();
  const during = [createEvent(account.customerId), createEvent(account.customerId)];
  for (const event of during) expect((await deliver(subject, event)).status).toBe(200);
  await eventually(async () => {
    const ready = await subject.app.request('/ready');
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      {
        ready: false,
        parts: [
          { name: 'postgres', ok: true },
          { name: 'temporal', ok: false },
          { name: 'worker', ok: false },
        ],
      },
    ]);
  });
  expect(await rowsOf(...during.map((event) => event.id))).toMatchObject([
    { forwarded_at: null },
    { forwarded_at: null },
  ]);

  await proxy.up();
  await eventually(async () => {
    const rows = await rowsOf(...during.map((event) => event.id));
    expect(rows.every((row) => row.forwarded_at !== null)).toBe(true);
  });
  expect((await signalsOf(account)).flat().map((hint) => hint.eventId)).toEqual(
    [before, ...during].map((each) => each.id),
  );
});

test('scenario 7: with PostgreSQL down the answer is 503 with Retry-After, nothing is recorded, and the retry lands', async () => {
  const account = await existingAccount();
  const url = new URL(platformEnv().DATABASE_URL ?? '');
  const proxy = await createOutageProxy(url.hostname, Number(url.port));
  cleanups.push(() => proxy.close());
  url.host = `127.0.0.1:${proxy.port}`;
  const subject = start({ env: { DATABASE_URL: url.href }, forwarding: { maxPauseMs: 1_000 } });
  expect((await deliver(subject, createEvent(null))).status).toBe(200);

  await proxy.down();
  const event = createEvent(account.customerId);
  const refused = await deliver(subject, event);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({ code: 'database-unavailable' });
  expect(await rowsOf(event.id)).toEqual([]);
  expect((await subject.app.request('/health')).status).toBe(200);
  const guarded = await subject.app.request('/api/v1/me', { headers: { cookie: 'leasehold.session_token=a.b' } });
  expect([401, 503]).toContain(guarded.status);

  await proxy.up();
  await eventually(async () => expect((await deliver(subject, event)).status).toBe(200));
  await eventually(async () => expect((await signalsOf(account)).flat()).toHaveLength(1));
});

test('scenario 6: an event of an unknown customer waits and is forwarded once its account exists', async () => {
  const account = newAccount();
  cleanups.push(() => endWorkflow(temporal, account.accountId));
  const event = createEvent(null, {
    type: 'customer.created',
    data: { object: { id: account.customerId, object: 'customer' } },
  });
  expect((await deliver(api, event)).status).toBe(200);
  expect(await rowsOf(event.id)).toMatchObject([{ account_id: null, forwarded_at: null }]);
  await storeAccount(database, account);
  await eventually(async () => expect(await signalsOf(account)).toEqual([[{ eventId: event.id, type: event.type }]]));
});

test('an event waits for a customer that an account gets later, by whichever process and however late', async () => {
  const account = newAccount();
  cleanups.push(() => endWorkflow(temporal, account.accountId));
  const [first, second] = [createEvent(account.customerId), createEvent(account.customerId)];
  await deliver(api, first);
  await storeAccount(database, account);
  await database.query('UPDATE account SET stripe_customer_id = NULL WHERE id = $1', [account.accountId]);
  // A process that has never heard of the customer sweeps as well.
  start({ forwarding: { leftBehindAfterMs: 0, sweepEveryMs: 200 } });
  await Promise.all([
    deliver(api, second),
    database.query('UPDATE account SET stripe_customer_id = $2 WHERE id = $1', [account.accountId, account.customerId]),
  ]);
  await eventually(async () => {
    const rows = await rowsOf(first.id, second.id);
    expect(rows.every((row) => row.forwarded_at !== null && row.account_id === account.accountId)).toBe(true);
  });
  const hints = (await signalsOf(account)).flat().map((hint) => hint.eventId);
  expect(hints.toSorted()).toEqual([first.id, second.id].toSorted());
});

test('a late event of a deleted account is marked so by the sweep and starts nothing', async () => {
  const { accountId, customerId } = newAccount();
  const dies = start({}, false);
  const event = createEvent(customerId);
  await deliver(dies, event);
  await database.query('INSERT INTO deleted_account (id, stripe_customer_id, deleted_at) VALUES ($1, $2, now())', [
    accountId,
    customerId,
  ]);
  start();
  await eventually(async () => {
    const { rows } = await database.query('SELECT outcome, acted_at FROM stripe_event WHERE id = $1', [event.id]);
    expect(rows).toEqual([{ outcome: 'the account was deleted', acted_at: expect.any(Date) }]);
  });
  expect(await readSignals(temporal, accountId)).toEqual([]);
});

test('a type that nothing is done about is kept, answered with 200 and counted as other', async () => {
  const subject = start({}, false);
  const known = createEvent(null);
  const unknown = createEvent(null, { type: 'radar.early_fraud_warning.created' });
  for (const event of [known, unknown, unknown]) expect((await deliver(subject, event)).status).toBe(200);
  expect(await rowsOf(unknown.id)).toHaveLength(1);
  const metrics = await subject.app.request('/metrics', {}, { incoming: { socket: { remoteAddress: '127.0.0.1' } } });
  const text = await metrics.text();
  expect(text).toContain('leasehold_stripe_events_total{type="other"} 1');
  expect(text).toContain('leasehold_stripe_events_total{type="invoice.paid"} 1');
});

test('a thin event is kept when its signature is right, and refused when it is not', async () => {
  const thin = {
    id: `evt_test_${newAccount().accountId}`,
    object: 'v2.core.event',
    type: 'v1.billing.meter.error_report_triggered',
    created: '2026-03-08T06:59:59.000Z',
    livemode: false,
    related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
  };
  const body = JSON.stringify(thin);
  expect((await deliver(api, { body }, { secret: 'whsec_of_nobody' })).status).toBe(400);
  expect(await rowsOf(thin.id)).toEqual([]);
  expect((await deliver(api, { body })).status).toBe(200);
  expect(await rowsOf(thin.id)).toMatchObject([{ customer_id: null, forwarded_at: null }]);
});

test('a dispute is kept with the charge by which its customer is found', async () => {
  const event = createEvent(null, {
    type: 'charge.dispute.created',
    data: { object: { id: 'du_1', object: 'dispute', charge: 'ch_of_a_dispute' } },
  });
  expect((await deliver(api, event)).status).toBe(200);
  const { rows } = await database.query('SELECT customer_id, charge_id FROM stripe_event WHERE id = $1', [event.id]);
  expect(rows).toEqual([{ customer_id: null, charge_id: 'ch_of_a_dispute' }]);
});
