import { addDays, addMs, DAY_MS, msBetween } from '#domain/time.ts';
import { accountView, closeAccount, keepAccount } from '#workflows/subscription/messages.ts';
import { Expectations } from './expectations.ts';
import { onStage, type Stage } from './stage.ts';
import type { Story, StoryOptions, StoryResult, StoryStep } from './story.ts';
import { until } from './until.ts';

const FILE = 'kept.txt';
const START_TIMEOUT_MS = 90_000;
const HOUR_MS = 3_600_000;

/** An owner leaves: cancelled at Stripe first, then stopped, then deleted after the retention. Day 0 is the request. */
export const leave: Story = {
  name: 'leave',
  summary: 'An owner closes the account: cancelled at Stripe, then stopped; deleted with all data after the retention.',
  disturbances: {
    'stripe-down': 'Stripe does not answer when the account is to be closed: nothing stops before it is cancelled',
    'taken-back': 'the owner takes it back a day before the end: it runs again, and nothing is deleted',
  },
  play: (options) => onStage(options.platform, (stage) => play(stage, options)),
};

async function play(stage: Stage, options: StoryOptions): Promise<StoryResult> {
  const { driver, workspace, mailbox, customer, stripe, simulator, client, prisma, catalog } = stage;
  const handle = client.workflow.getHandle(driver.workflowId);
  const expect = new Expectations();
  const steps: StoryStep[] = [];
  let startedAt: string | null = null;
  const step = async (what: string, status: string) => {
    const [now, view, { id: _, ...container }] = await Promise.all([
      driver.now(),
      handle.query(accountView),
      workspace.container(),
    ]);
    const day = startedAt === null ? 0 : Math.round((msBetween(startedAt, now) / DAY_MS) * 1000) / 1000;
    const taken: StoryStep = { at: now, day, what, standing: view.standing, container };
    steps.push(taken);
    options.onStep?.(taken);
    expect.equal(`${what}: container`, container.status, status);
    return view;
  };

  await until('the workspace to run', START_TIMEOUT_MS, async () => (await workspace.container()).status === 'running');
  await driver.settle();
  const { id: containerId } = await workspace.container();
  await workspace.write(FILE, 'Kept until the end of the retention.');
  await step('subscribed, the workspace runs', 'running');

  startedAt = await driver.now();
  const isStripeDown = options.disturbance === 'stripe-down';
  if (isStripeDown) await simulator.failApi(1_000);
  await handle.executeUpdate(closeAccount, { args: [{ commandId: 'story/close' }] });
  if (isStripeDown) {
    await until('Stripe to have been asked in vain', START_TIMEOUT_MS, async () => {
      const { closing } = await handle.query(accountView);
      return closing?.stage === 'canceling';
    });
    await step('asked to close, Stripe is down: it runs on', 'running');
    await simulator.failApi(0);
    await driver.moveTo(addMs(startedAt, 2 * HOUR_MS));
  }
  await driver.settle();
  const closed = await step('closed: cancelled, then stopped', 'exited');
  expect.equal('closing', closed.closing?.stage, 'retained');
  expect.equal('hold', closed.holds.at(-1)?.name, 'closing');
  const { status } = await stripe.subscriptions.retrieve(customer.subscriptionId);
  expect.equal('the subscription at Stripe', status, 'canceled');

  const deleteAt = closed.closing?.deleteAt ?? addDays(startedAt, catalog.deleteClosedAfterDays);
  await driver.moveTo(addMs(deleteAt, -24 * HOUR_MS));
  await step('a day before the end: stopped', 'exited');
  expect.equal('the file a day before the end', await workspace.has(FILE), true);

  if (options.disturbance === 'taken-back') {
    await handle.executeUpdate(keepAccount, { args: [{ commandId: 'story/keep' }] });
    await driver.settle();
    await step('taken back: it runs again', 'running');
    await driver.moveTo(addDays(deleteAt, 1));
    const kept = await step('the day has passed: it runs', 'running');
    expect.equal('closing after it was taken back', kept.closing, null);
    expect.equal('the file after all', await workspace.has(FILE), true);
  } else {
    await driver.moveTo(deleteAt);
    await until('the workflow to end', START_TIMEOUT_MS, async () => {
      const { status: is } = await handle.describe();
      return is.name === 'COMPLETED';
    });
    await step('the end of the retention: nothing is left', 'absent');
    expect.equal('the volume', await workspace.hasVolume(), false);
    const { accountId, stripeCustomerId } = customer;
    expect.equal('account rows', await prisma.account.count({ where: { id: accountId } }), 0);
    expect.equal('people', await prisma.user.count({ where: { id: accountId } }), 0);
    expect.equal('tombstones', await prisma.deletedAccount.count({ where: { id: accountId, stripeCustomerId } }), 1);
    await expectLateEventStartsNothing(stage, expect);
  }
  expect.equal('mails received', await mailbox.templates(), ['account-closing']);
  return {
    story: leave.name,
    passed: expect.failures.length === 0,
    accountId: customer.accountId,
    containerId,
    steps,
    failures: expect.failures,
  };
}

/** What Stripe says of a customer that is gone is logged, and wakes nobody. */
async function expectLateEventStartsNothing(stage: Stage, expect: Expectations): Promise<void> {
  const { stripe, prisma, customer, client, driver } = stage;
  const { stripeCustomerId: customerId } = customer;
  await stripe.customers.update(customerId, { metadata: { touched: 'after the end' } });
  const late = { where: { customerId, type: 'customer.updated', outcome: 'the account was deleted' } };
  await until(
    'the late event to be dealt with',
    START_TIMEOUT_MS,
    async () => (await prisma.stripeEvent.count(late)) > 0,
  );
  const { status } = await client.workflow.getHandle(driver.workflowId).describe();
  expect.equal('the workflow after a late event', status.name, 'COMPLETED');
}
