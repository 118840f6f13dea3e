import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlatformHandle } from '#platform/attach.ts';
import { openStage, type Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { lanePlatform } from '#test/lane.ts';

const TIMEOUT_MS = 60_000;
let platform: PlatformHandle;
let stage: Stage;

beforeAll(async () => {
  platform = await lanePlatform();
  stage = await openStage(platform);
  await until('the workspace to run', TIMEOUT_MS, async () => (await stage.workspace.container()).status === 'running');
  await stage.driver.settle();
});

afterAll(async () => {
  await stage?.close();
});

/** Makes Stripe send one `customer.updated`, and tells its id. */
async function causeEvent(mark: string): Promise<string> {
  const { stripe, customer } = stage;
  await stripe.customers.update(customer.stripeCustomerId, { metadata: { mark } });
  const { data } = await stripe.events.list({ type: 'customer.updated', limit: 20 });
  const event = data.find((each) => (each.data.object as { metadata?: { mark?: string } }).metadata?.mark === mark);
  if (!event) throw new Error(`Stripe lists no event for ${mark}.`);
  return event.id;
}

async function inbox(eventId: string) {
  return await stage.prisma.stripeEvent.findUnique({ where: { id: eventId } });
}

/** How often the workflow was told of an event, by the server's record. */
async function timesSignalled(eventId: string): Promise<number> {
  const { events } = await stage.client.workflow.getHandle(stage.driver.workflowId).fetchHistory();
  return (events ?? []).filter((event) => {
    const data = event.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data;
    return data && Buffer.from(data).toString().includes(eventId);
  }).length;
}

test('an event is received, forwarded and acted on once, and the inbox says what came of it', async () => {
  const id = await causeEvent('plain');
  await stage.driver.settle();
  expect(await timesSignalled(id)).toBe(1);
  expect(await inbox(id)).toMatchObject({
    accountId: stage.customer.accountId,
    forwardedAt: expect.any(Date),
    actedAt: expect.any(Date),
    outcome: expect.stringContaining('active'),
  });
});

test('scenario 8: a forged signature is refused and the workflow is untouched', async () => {
  const handle = stage.client.workflow.getHandle(stage.driver.workflowId);
  const before = (await handle.describe()).historyLength;
  const answer = await fetch(`${platform.env.LEASEHOLD_API_URL}/api/v1/webhooks/stripe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'stripe-signature': `t=${Math.floor(Date.now() / 1000)},v1=${'0'.repeat(64)}`,
    },
    body: JSON.stringify({
      id: 'evt_forged',
      object: 'event',
      type: 'customer.subscription.deleted',
      data: { object: { customer: stage.customer.stripeCustomerId } },
    }),
  });
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(await inbox('evt_forged')).toBeNull();
  expect((await handle.describe()).historyLength).toBe(before);
});

test('the same event delivered twice changes nothing', async () => {
  const id = await causeEvent('twice');
  await stage.driver.settle();
  const handle = stage.client.workflow.getHandle(stage.driver.workflowId);
  const before = (await handle.describe()).historyLength;
  await stage.simulator.redeliver(id);
  await stage.driver.settle();
  expect((await handle.describe()).historyLength).toBe(before);
  expect(await timesSignalled(id)).toBe(1);
});

test('scenario 7: with Temporal stopped Stripe gets its 200, and the event is acted on once Temporal is back', async () => {
  await platform.stopPart('temporal');
  const id = await causeEvent('temporal-down');
  await stage.simulator.settle(stage.customer.stripeCustomerId, TIMEOUT_MS);
  expect(await inbox(id)).toMatchObject({ forwardedAt: null, actedAt: null });
  await platform.startPart('temporal');
  await until('the event to be acted on', TIMEOUT_MS, async () => (await inbox(id))?.actedAt != null);
  // A signal whose answer the outage cut off is given again.
  expect(await timesSignalled(id)).toBeGreaterThanOrEqual(1);
});

test('scenario 4: the API killed with -9 between insert and signal loses nothing', async () => {
  await platform.stopPart('temporal');
  const id = await causeEvent('api-killed');
  await stage.simulator.settle(stage.customer.stripeCustomerId, TIMEOUT_MS);
  expect(await inbox(id)).toMatchObject({ forwardedAt: null });
  await platform.killPart('api');
  await platform.startPart('temporal');
  await platform.startPart('api');
  await until('the event to be acted on', TIMEOUT_MS, async () => (await inbox(id))?.actedAt != null);
  expect(await timesSignalled(id)).toBe(1);
});

test('scenario 7: with PostgreSQL stopped Stripe gets 503, and its retry lands', async () => {
  await platform.stopPart('postgres');
  const id = await causeEvent('postgres-down');
  await until('the delivery to be refused with 503', TIMEOUT_MS, async () => {
    const deliveries = await stage.simulator.deliveries(stage.customer.stripeCustomerId);
    return deliveries.some((each) => each.event === id && each.attempts.some((attempt) => attempt.status === 503));
  });
  await platform.startPart('postgres');
  await until('the event to be acted on', 2 * TIMEOUT_MS, async () => (await inbox(id))?.actedAt != null);
  // A signal whose answer the outage cut off is given again.
  expect(await timesSignalled(id)).toBeGreaterThanOrEqual(1);
}, 240_000);
