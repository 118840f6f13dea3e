import { firstPaidPlanOf } from '#domain/catalog.ts';
import { addDays, DAY_MS, msBetween } from '#domain/time.ts';
import { accountView, startFreshRun } from '#workflows/subscription/messages.ts';
import { Expectations } from './expectations.ts';
import { onStage, type Stage } from './stage.ts';
import type { Story, StoryOptions, StoryResult, StoryStep } from './story.ts';
import { until } from './until.ts';
import { recordedActs } from './workflow-history.ts';

const FILE = 'kept.txt';
const TEXT = 'This file outlives the suspension.';
const START_TIMEOUT_MS = 90_000;

/** A payment fails, the workspace stops on day 7; it is paid, the workspace runs again with the same file. */
export const grace: Story = {
  name: 'grace',
  summary: 'A renewal fails: mails on days 0, 3 and 6, suspended on day 7; paid, it runs again with the same file.',
  disturbances: {
    'worker-killed': 'the worker is killed with -9 between day 3 and day 7 and started again',
    'continue-as-new': 'the workflow goes on in a fresh run in mid-grace',
    terminated: 'the workflow is terminated in mid-grace and a webhook arrives',
    'paid-during-suspension': 'the payment arrives while the workspace is being stopped',
  },
  play: (options) => onStage(options.platform, (stage) => play(stage, options)),
};

async function play(stage: Stage, options: StoryOptions): Promise<StoryResult> {
  const { driver, workspace, mailbox, customer } = stage;
  const expect = new Expectations();
  const steps: StoryStep[] = [];
  let startedAt: string | null = null;
  const dayOf = (at: string) => (startedAt === null ? 0 : round(msBetween(startedAt, at) / DAY_MS));
  const step = async (what: string, expected: { standing: string; status: string }) => {
    const [view, { id: _, ...container }] = await Promise.all([viewOf(stage), workspace.container()]);
    const taken: StoryStep = { at: view.now, day: dayOf(view.now), what, standing: view.standing, container };
    steps.push(taken);
    options.onStep?.(taken);
    expect.equal(`${what}: standing`, view.standing, expected.standing);
    expect.equal(`${what}: container`, container.status, expected.status);
  };

  await until('the workspace to run', START_TIMEOUT_MS, async () => (await workspace.container()).status === 'running');
  await driver.settle();
  const before = await workspace.container();
  const plan = firstPaidPlanOf(stage.catalog, 'personal');
  const planSize = plan.defaultAllocation ?? plan.pool;
  expect.equal('memory limit by inspect', before.memoryMb, planSize?.memoryMb);
  expect.equal('CPU limit by inspect', before.cpus, (planSize?.cpuPercent ?? 0) / 100);
  await workspace.write(FILE, TEXT);
  await step('subscribed, the workspace runs', { standing: 'active', status: 'running' });

  await changeCard(stage, 'pm_card_chargeCustomerFail');
  await driver.settle();
  const { subscription } = await viewOf(stage);
  // Stripe drafts the invoice at the period's end and collects it an hour later.
  await driver.moveTo(addDays(subscription?.currentPeriodEnd ?? '', 2 / 24));
  const invoice = await openInvoice(stage);
  startedAt = invoice.finalizedAt;
  await step('day 0: the renewal failed, grace began', { standing: 'grace', status: 'running' });

  await driver.moveTo(addDays(startedAt, 3));
  await step('day 3: reminded', { standing: 'grace', status: 'running' });

  await driver.moveTo(addDays(startedAt, 4));
  await disturb(stage, options.disturbance);
  await driver.moveTo(
    addDays(startedAt, 6),
    options.disturbance === 'worker-killed' ? () => restartWorker(stage) : undefined,
  );
  await step('day 6: reminded for the last time', { standing: 'grace', status: 'running' });

  const paidInMiddle = options.disturbance === 'paid-during-suspension';
  // In the seconds that a stop takes there is time to pay, and for nothing else.
  const payInMiddle = paidInMiddle ? await preparePayment(stage, invoice.id) : undefined;
  await driver.moveTo(addDays(startedAt, 7), payInMiddle);
  if (!paidInMiddle) {
    await step('day 7: suspended', { standing: 'suspended', status: 'exited' });
    expect.equal('the file in the volume of the stopped workspace', await workspace.has(FILE), true);
    await pay(stage, invoice.id);
    await driver.settle();
  }
  await step('paid: it runs again', { standing: 'active', status: 'running' });

  const after = await workspace.container();
  expect.equal('memory limit after, by inspect', after.memoryMb, before.memoryMb);
  expect.equal('CPU limit after, by inspect', after.cpus, before.cpus);
  expect.equal('memory limit after, from inside', await workspace.memoryMbInside(), before.memoryMb);
  expect.equal('the file', await workspace.read(FILE), TEXT);
  expect.equal('the gateway answers', await workspace.message('echo', { hello: 'again' }), { hello: 'again' });

  await expectDates(stage, expect, dayOf, paidInMiddle);
  const mails = [
    'grace-started',
    'invoice',
    'grace-reminder',
    'grace-reminder',
    ...(paidInMiddle ? [] : ['suspended']),
    'payment-received',
  ];
  expect.equal('mails received', await mailbox.templates(), mails);
  return {
    story: grace.name,
    passed: expect.failures.length === 0,
    accountId: customer.accountId,
    containerId: after.id,
    steps,
    failures: expect.failures,
  };
}

async function changeCard({ stripe, customer }: Stage, token: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(token, { customer: customer.stripeCustomerId });
  await stripe.customers.update(customer.stripeCustomerId, { invoice_settings: { default_payment_method: id } });
  return id;
}

async function pay(stage: Stage, invoiceId: string): Promise<void> {
  const card = await changeCard(stage, 'pm_card_visa');
  await stage.stripe.invoices.pay(invoiceId, { payment_method: card });
}

/** Makes the workspace slow to stop, and returns what pays with another card once it is being stopped. */
async function preparePayment(stage: Stage, invoiceId: string): Promise<() => Promise<void>> {
  const { stripe, customer } = stage;
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.stripeCustomerId });
  await stage.workspace.freeze();
  return async () => {
    await until('the suspension to begin', START_TIMEOUT_MS, async () => {
      const { workspaces } = await viewOf(stage);
      return workspaces[0]?.status === 'stopping';
    });
    await stripe.invoices.pay(invoiceId, { payment_method: card });
  };
}

/** The dates, read off the workflow's history: on the day, and each once. */
async function expectDates(
  stage: Stage,
  expect: Expectations,
  dayOf: (at: string) => number,
  paidInMiddle: boolean,
): Promise<void> {
  const acts = await recordedActs(stage.client, stage.driver.workflowId, stage.driver.runIds);
  const sent = acts.flatMap((act) => (act.kind === 'mail' ? [{ template: act.template, day: dayOf(act.at) }] : []));
  const invoices = sent.filter(({ template }) => template === 'invoice');
  const mails = sent.filter(({ template }) => template !== 'invoice');
  expect.equal('invoices sent', invoices.length, 1);
  expect.onDay('the invoice', invoices[0]?.day, 0, 90);
  const stops = acts.flatMap((act) => (act.kind === 'converge' && act.desired === 'stopped' ? [dayOf(act.at)] : []));
  const [first, second, third, ...rest] = mails;
  expect.equal('first mail', first?.template, 'grace-started');
  expect.onDay('first mail', first?.day, 0, 90);
  expect.onDay('second mail', second?.day, 3);
  expect.onDay('third mail', third?.day, 6);
  expect.equal(
    'mails after day 6',
    rest.map((mail) => mail.template),
    paidInMiddle ? ['payment-received'] : ['suspended', 'payment-received'],
  );
  expect.onDay('the workspace was stopped', stops[0], 7);
}

async function disturb(stage: Stage, disturbance: string | undefined): Promise<void> {
  const { client, driver, stripe, customer } = stage;
  const handle = client.workflow.getHandle(driver.workflowId);
  if (disturbance === 'continue-as-new') {
    const { runId } = await handle.describe();
    await handle.signal(startFreshRun);
    await until('a fresh run', START_TIMEOUT_MS, async () => (await handle.describe()).runId !== runId);
    await driver.settle();
  }
  if (disturbance === 'terminated') {
    const time = await driver.now();
    await handle.terminate('A story: support terminates the workflow in mid-grace.');
    await stripe.customers.update(customer.stripeCustomerId, { metadata: { touched: 'after termination' } });
    await until('a webhook to bring the workflow back', START_TIMEOUT_MS, async () => {
      const { status } = await handle.describe();
      return status.name === 'RUNNING';
    });
    // A new run begins at wall time: it is taken to where the account was.
    await driver.moveTo(time);
  }
}

async function restartWorker(stage: Stage): Promise<void> {
  await stage.platform.killPart('worker');
  await stage.platform.startPart('worker');
}

async function openInvoice(stage: Stage): Promise<{ id: string; finalizedAt: string }> {
  const { data } = await stage.stripe.invoices.list({ customer: stage.customer.stripeCustomerId, status: 'open' });
  const [invoice] = data;
  if (!invoice?.id || !invoice.status_transitions.finalized_at)
    throw new Error('The renewal left no open invoice at Stripe.');
  return { id: invoice.id, finalizedAt: new Date(invoice.status_transitions.finalized_at * 1000).toISOString() };
}

async function viewOf(stage: Stage) {
  const view = await stage.client.workflow.getHandle(stage.driver.workflowId).query(accountView);
  return { ...view, now: await stage.driver.now() };
}

function round(days: number): number {
  return Math.round(days * 1000) / 1000;
}
