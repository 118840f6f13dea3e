import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { knownEvent } from '#domain/stripe-events.ts';
import { type Child, startChild } from '#platform/child.ts';
import { freePorts } from '#platform/ports.ts';
import { buildProgram } from '#platform/programs.ts';
import { answersOk, waitUntilReady } from '#platform/ready.ts';
import { Mailbox } from '#stories/mailbox.ts';
import { lane, platformEnv } from '#test/lane.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { type CatalogPlatform, startCatalogPlatform } from '../catalogs/catalog-platform.fixture.ts';
import { type Buyer, openShop, type Shop } from '../catalogs/shop.fixture.ts';
import { MailGate } from './mail-gate.ts';
import { WebhookCarrier } from './webhook-carrier.ts';

const WITHIN_MS = 120_000;
const TIMEOUT_MS = 300_000;
const WEBHOOKS = '/api/v1/webhooks/stripe';

let own: CatalogPlatform;
let shop: Shop;
let carrier: WebhookCarrier;
let mailGate: MailGate;
let database: pg.Pool;
const locks: (() => Promise<void>)[] = [];

// A process that was killed takes its time to come back.
vi.setConfig({ testTimeout: TIMEOUT_MS });

/** A platform of our own, as its processes are killed here. */
beforeAll(async () => {
  [carrier, mailGate] = await Promise.all([WebhookCarrier.open(), MailGate.open(platformEnv().SMTP_URL ?? '')]);
  own = await startCatalogPlatform({
    catalog: 'catalogs/demo.yaml',
    hostMemoryMb: 4_096,
    hostCpuPercent: 400,
    env: { STRIPE_SIMULATOR_FORWARD_TO: carrier.url, SMTP_URL: mailGate.url },
  });
  const { env } = own.platform;
  carrier.targets = [`${env.LEASEHOLD_API_URL}${WEBHOOKS}`];
  shop = await openShop(env);
  database = new pg.Pool({ connectionString: env.DATABASE_URL, max: 4 });
});

// A test that fails on the way leaves no lock and both processes to the next.
afterEach(async () => {
  for (const letGo of locks.splice(0)) await letGo();
  await Promise.all([own.platform.startPart('api'), own.platform.startPart('worker')]);
});

afterAll(async () => {
  await database?.end();
  await shop?.close();
  await own?.discard();
  await Promise.all([carrier?.close(), mailGate?.close()]);
});

const until = <T>(expectation: () => Promise<T>) => vi.waitFor(expectation, { timeout: WITHIN_MS, interval: 100 });

const addressOf = ({ accountId }: Buyer) => `${accountId}@leasehold.test`;
const mailboxOf = (buyer: Buyer) => new Mailbox(platformEnv().LEASEHOLD_MAIL_URL ?? '', addressOf(buyer));
const eventsOf = ({ stripeCustomerId: customerId }: Buyer) =>
  shop.prisma.stripeEvent.findMany({ where: { customerId } });

/** An account on the free plan that has heard all there is to hear. */
async function quietBuyer(): Promise<Buyer> {
  const buyer = await shop.openAccount();
  await shop.heardAll(buyer);
  return buyer;
}

/** Buys, and returns the events of it that we act on. */
async function buy(buyer: Buyer): Promise<string[]> {
  const before = new Set((await shop.simulator.deliveries(buyer.stripeCustomerId)).map(({ event }) => event));
  await shop.buy(buyer, 'demo_team_month');
  const after = await shop.simulator.deliveries(buyer.stripeCustomerId);
  return after.filter(({ event, type }) => !before.has(event) && knownEvent(type)).map(({ event }) => event);
}

/** How often the account's workflow was told of events, by the server's record. */
async function timesSignalled(buyer: Buyer, eventIds: string[]): Promise<number[]> {
  const { events } = await shop.client.workflow.getHandle(subscriptionWorkflowId(buyer.accountId)).fetchHistory();
  const told = (events ?? []).map((event) => {
    const data = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data;
    return data ? Buffer.from(data).toString() : '';
  });
  return eventIds.map((id) => told.filter((text) => text.includes(id)).length);
}

/** What was bought is there, each event is in the inbox once and acted on, and its owner was written to once. */
async function expectOneEffect(buyer: Buyer, eventIds: string[]): Promise<void> {
  await shop.eventually(buyer, ({ standing, plan }) => expect([standing, plan.id]).toEqual(['active', 'team']));
  await until(async () => {
    const rows = await shop.prisma.stripeEvent.findMany({ where: { id: { in: eventIds } } });
    expect(rows.map(({ id }) => id).sort()).toEqual([...eventIds].sort());
    expect(rows.filter(({ actedAt }) => actedAt === null)).toEqual([]);
  });
  await until(async () => expect(await mailboxOf(buyer).templates()).toEqual(['invoice']));
  const { accountId } = buyer;
  const told = () => shop.prisma.timelineEntry.count({ where: { accountId, kind: 'mail-sent' } });
  await until(async () => expect(await told()).toBe(1));
}

/** Stripe was told "taken" at the first attempt, so nothing of what came after was its doing. */
async function expectNoHelpOfStripe(buyer: Buyer, eventIds: string[]): Promise<void> {
  const deliveries = await shop.simulator.deliveries(buyer.stripeCustomerId);
  const attempts = deliveries.filter(({ event }) => eventIds.includes(event)).map((each) => each.attempts);
  expect(attempts.map((each) => each.map(({ status }) => status))).toEqual(eventIds.map(() => [200]));
}

/** Holds a lock on a table until it is let go, so that a process can be killed at the very step that needs it. */
async function lock(table: 'account' | 'stripe_event', mode: 'SHARE' | 'ACCESS EXCLUSIVE') {
  const connection = await database.connect();
  let held = true;
  const letGo = async () => {
    if (!held) return;
    held = false;
    await connection.query('ROLLBACK');
    connection.release();
  };
  locks.push(letGo);
  await connection.query('BEGIN');
  await connection.query(`LOCK TABLE ${table} IN ${mode} MODE`);
  return { letGo };
}

type Process = 'api' | 'worker';

/** How many of a process's statements wait for a table. */
async function statementsWaiting(process: Process, table: string): Promise<number> {
  const { rowCount } = await database.query(
    `SELECT FROM pg_locks l
     JOIN pg_class c ON c.oid = l.relation
     JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE c.relname = $1 AND NOT l.granted AND a.datname = current_database() AND a.application_name LIKE $2`,
    [table, `leasehold-${process}%`],
  );
  return rowCount ?? 0;
}

/** SIGKILL. What the process had asked of PostgreSQL, which would still carry it out, dies with it. */
async function kill(process: Process): Promise<void> {
  await own.platform.killPart(process);
  await until(async () => {
    const { rowCount } = await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE $1`,
      [`leasehold-${process}%`],
    );
    expect(rowCount).toBe(0);
  });
}

test('scenario 3: every event delivered to two API processes at once has one effect and one mail', async () => {
  const buyer = await quietBuyer();
  const second = await startSecondApi();
  carrier.targets.push(`${second.url}${WEBHOOKS}`);
  try {
    const events = await buy(buyer);
    await shop.simulator.settle(buyer.stripeCustomerId);
    await expectOneEffect(buyer, events);
    expect(await timesSignalled(buyer, events)).toEqual(events.map(() => 1));
  } finally {
    carrier.targets.pop();
    await second.child.stop();
  }
});

describe('scenario 4: a crash on the way of an event', () => {
  test('before it is recorded: nothing of it is there, and the next attempt of Stripe is the first', async () => {
    const buyer = await quietBuyer();
    const known = (await eventsOf(buyer)).length;
    const held = await lock('stripe_event', 'SHARE');
    const events = await buy(buyer);
    await until(async () => expect(await statementsWaiting('api', 'stripe_event')).toBeGreaterThan(0));
    await kill('api');
    await held.letGo();
    expect(await eventsOf(buyer)).toHaveLength(known);
    await own.platform.startPart('api');
    await expectOneEffect(buyer, events);
  });

  test('between the record and the answer: Stripe sends it again, and it is known', async () => {
    const buyer = await quietBuyer();
    carrier.losesAnswers = true;
    const events = await buy(buyer);
    await until(async () => {
      const rows = await shop.prisma.stripeEvent.count({ where: { id: { in: events } } });
      expect(rows).toBe(events.length);
    });
    await kill('api');
    carrier.losesAnswers = false;
    await own.platform.startPart('api');
    await shop.simulator.settle(buyer.stripeCustomerId);
    await expectOneEffect(buyer, events);
  });

  test('between the answer and the signal: another process finds it in the inbox', async () => {
    const buyer = await quietBuyer();
    const held = await lock('account', 'ACCESS EXCLUSIVE');
    const events = await buy(buyer);
    await shop.simulator.settle(buyer.stripeCustomerId);
    await kill('api');
    await held.letGo();
    expect(await timesSignalled(buyer, events)).toEqual(events.map(() => 0));
    await own.platform.startPart('api');
    await expectOneEffect(buyer, events);
    await expectNoHelpOfStripe(buyer, events);
    expect(await timesSignalled(buyer, events)).toEqual(events.map(() => 1));
  });

  test('between the signal and its mark: the workflow is told twice and acts once', async () => {
    const buyer = await quietBuyer();
    const accounts = await lock('account', 'ACCESS EXCLUSIVE');
    const events = await buy(buyer);
    await shop.simulator.settle(buyer.stripeCustomerId);
    // From here on events can be claimed and signalled, but not marked.
    const marks = await lock('stripe_event', 'SHARE');
    await accounts.letGo();
    await until(async () => expect(Math.max(...(await timesSignalled(buyer, events)))).toBe(1));
    await kill('api');
    await marks.letGo();
    await own.platform.startPart('api');
    await expectOneEffect(buyer, events);
    await expectNoHelpOfStripe(buyer, events);
    expect(Math.max(...(await timesSignalled(buyer, events)))).toBe(2);
  });

  test('of the worker, before it hears of it: it is told when it is back', async () => {
    const buyer = await quietBuyer();
    await kill('worker');
    const events = await buy(buyer);
    await until(async () => expect(await timesSignalled(buyer, events)).toEqual(events.map(() => 1)));
    await own.platform.startPart('worker');
    await expectOneEffect(buyer, events);
    await expectNoHelpOfStripe(buyer, events);
  });

  test('of the worker, between its decision and the record of it: it decides again, the same', async () => {
    const buyer = await quietBuyer();
    const events = await whileRecordsAreLocked(buyer);
    await own.platform.startPart('worker');
    await expectOneEffect(buyer, events);
    await expectNoHelpOfStripe(buyer, events);
  });

  test('of the worker, between the record and the mail: the mail follows', async () => {
    const buyer = await quietBuyer();
    mailGate.refuse(addressOf(buyer));
    const events = await buy(buyer);
    await until(async () => expect(await outboxOf(buyer)).toEqual(['invoice']));
    await kill('worker');
    expect(await mailboxOf(buyer).templates()).toEqual([]);
    mailGate.admit(addressOf(buyer));
    await own.platform.startPart('worker');
    await expectOneEffect(buyer, events);
    await expectNoHelpOfStripe(buyer, events);
  });

  test('of the worker, between the mail and the record of it: it is sent again under the same Message-ID', async () => {
    const buyer = await quietBuyer();
    mailGate.loseAnswers(addressOf(buyer));
    const events = await buy(buyer);
    await until(async () => expect(await mailboxOf(buyer).templates()).toEqual(['invoice']));
    await kill('worker');
    mailGate.giveAnswers(addressOf(buyer));
    await own.platform.startPart('worker');
    await until(async () => expect(await outboxOf(buyer)).toEqual([]));
    const ids = await mailboxOf(buyer).messageIds();
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    await expectNoHelpOfStripe(buyer, events);
  });
});

/** Buys, and kills the worker while it waits to write its decision down. */
async function whileRecordsAreLocked(buyer: Buyer): Promise<string[]> {
  await own.platform.stopPart('worker');
  const events = await buy(buyer);
  await until(async () => expect(await timesSignalled(buyer, events)).toEqual(events.map(() => 1)));
  const held = await lock('account', 'SHARE');
  await own.platform.startPart('worker');
  await until(async () => expect(await statementsWaiting('worker', 'account')).toBeGreaterThan(0));
  await kill('worker');
  await held.letGo();
  expect(await shop.prisma.account.findUniqueOrThrow({ where: { id: buyer.accountId } })).toMatchObject({
    state: { standing: 'free' },
  });
  return events;
}

/** The templates of the mails that are decided on and not sent. */
async function outboxOf({ accountId }: Buyer): Promise<string[]> {
  const { state } = await shop.prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  const { outbox } = state as unknown as { outbox: { template: string }[] };
  return outbox.map(({ template }) => template);
}

async function startSecondApi(): Promise<{ url: string; child: Child }> {
  const { env } = own.platform;
  const { api: port } = await freePorts();
  const child = await startChild({
    command: process.execPath,
    args: await buildProgram('api'),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env, LEASEHOLD_API_PORT: String(port) },
    cwd: process.cwd(),
    logFile: join(lane().stateDir, 'logs', 'second-api.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(child, 'The second API', () => answersOk(`${url}/health`));
  return { url, child };
}
