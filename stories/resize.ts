import { syncCatalog } from '#catalogs/sync/sync.ts';
import { firstPaidPlanOf, freePlanOf, type Plan } from '#domain/catalog.ts';
import { countText } from '#domain/size-words.ts';
import { addMs, DAY_MS, msBetween } from '#domain/time.ts';
import { accountView } from '#workflows/subscription/messages.ts';
import { Expectations } from './expectations.ts';
import { onStage, type Stage } from './stage.ts';
import type { Story, StoryOptions, StoryResult, StoryStep } from './story.ts';
import { until } from './until.ts';

const START_TIMEOUT_MS = 240_000;

/** A workspace is resized while it runs: at once where that can be, later, in order and announced, where it can't. */
export const resize: Story = {
  name: 'resize',
  summary:
    'An upgrade grows a running workspace; a downgrade below what is in use waits, with both numbers and a date.',
  disturbances: {},
  play: (options) => onStage(options.platform, (stage) => play(stage, options)),
};

async function play(stage: Stage, options: StoryOptions): Promise<StoryResult> {
  const { driver, workspace, customer, stripe, client, catalog, prisma } = stage;
  const handle = client.workflow.getHandle(driver.workflowId);
  const paid = firstPaidPlanOf(catalog, 'personal');
  const [large, small] = [memoryOf(paid), memoryOf(freePlanOf(catalog, 'personal'))];
  if (small >= large) throw new Error(`The free plan of ${catalog.id} is not smaller than ${paid.name}.`);
  const expect = new Expectations();
  const steps: StoryStep[] = [];
  const startedAt = await driver.now();
  const view = async () => {
    const { workspaces, standing } = await handle.query(accountView);
    return { workspace: workspaces.find(({ id }) => id === customer.workspaceId), standing };
  };
  const step = async (what: string, memoryMb: number) => {
    const [at, { standing }, { id: _, ...container }] = await Promise.all([
      driver.now(),
      view(),
      workspace.container(),
    ]);
    const day = Math.round((msBetween(startedAt, at) / DAY_MS) * 1000) / 1000;
    const taken: StoryStep = { at, day, what, standing, container };
    steps.push(taken);
    options.onStep?.(taken);
    expect.equal(`${what}: container`, container.status, 'running');
    expect.equal(`${what}: memory limit by inspect`, container.memoryMb, memoryMb);
  };
  const downgrade = async () => {
    const { data } = await stripe.subscriptions.list({ customer: customer.stripeCustomerId });
    for (const { id } of data) await stripe.subscriptions.cancel(id);
    await driver.settle();
  };

  await until('the workspace to run', START_TIMEOUT_MS, async () => (await view()).workspace?.status === 'running');
  await driver.settle();
  await step(`subscribed to ${paid.name}`, large);
  const { id: containerId } = await workspace.container();
  const runsSince = await workspace.startedAt();

  await downgrade();
  await step('the subscription ended with little in use: smaller at once', small);

  const price = (await syncCatalog(stripe, catalog)).get(paid.prices[0]?.lookupKey ?? '');
  if (!price) throw new Error(`Plan ${paid.id} has no price to subscribe to.`);
  await stripe.subscriptions.create({ customer: customer.stripeCustomerId, items: [{ price }] });
  await driver.settle();
  await step(`upgraded to ${paid.name}: it grew while it ran`, large);
  expect.equal('memory limit from inside', await workspace.memoryMbInside(), large);

  // Above what the smaller limit has room for, and below what it has now.
  const usedMb = Math.round((small + large) / 2 - 60);
  await workspace.holdMemory(usedMb);
  await downgrade();
  await step(`the subscription ended with ${usedMb} MB more in use: it keeps what it has`, large);
  const waiting = (await view()).workspace;
  const nextTryAt = waiting?.nextTryAt ?? '';
  expect.equal('status', waiting?.status, 'resize-pending');
  expect.equal('the size that waits', waiting?.pendingSize?.memoryMb, small);
  const reason = waiting?.reason ?? '';
  const used = Number(/uses ([\d,]+) MB/.exec(reason)?.[1]?.replaceAll(',', '') ?? 0);
  expect.equal('both numbers are told', reason.includes(`limit is ${countText(small)} MB`) && used >= usedMb, true);
  expect.equal('a date is told', nextTryAt > (await driver.now()), true);

  await driver.moveTo(addMs(nextTryAt, 60_000));
  await step('the date has come, as much is in use: nothing is taken away', large);
  await workspace.releaseMemory();
  // Its host may have found by itself that there is room now: then no try waits.
  const again = (await view()).workspace?.nextTryAt;
  if (again) await driver.moveTo(addMs(again, 60_000));
  const isSmall = async () => (await view()).workspace?.size.memoryMb === small;
  await until('the next try to be over', START_TIMEOUT_MS, isSmall);
  await step('less is in use: smaller at the next try', small);
  expect.equal('memory limit from inside at the end', await workspace.memoryMbInside(), small);
  expect.equal('the gateway answers', await workspace.message('echo', { still: 'here' }), { still: 'here' });
  expect.equal('the container', (await workspace.container()).id, containerId);
  expect.equal('it never restarted: running since', await workspace.startedAt(), runsSince);

  await driver.settle();
  const rows = await prisma.timelineEntry.findMany({
    where: { accountId: customer.accountId, kind: { in: ['workspace-resized', 'workspace-resize-refused'] } },
    orderBy: { at: 'asc' },
  });
  // Storage may wait for the next start: that is told, too, and is not what this story is about.
  const refused = rows.findIndex(({ kind, text }) => kind === 'workspace-resize-refused' && text.includes('uses '));
  const grown = rows.findIndex(({ kind, text }) => kind === 'workspace-resized' && text.includes(`${large} MB`));
  const shrunk = rows.findLastIndex(({ kind, text }) => kind === 'workspace-resized' && text.includes(`${small} MB`));
  expect.equal(
    'the history: grown, refused, smaller',
    [grown < refused, refused < shrunk, grown >= 0],
    [true, true, true],
  );
  return {
    story: resize.name,
    passed: expect.failures.length === 0,
    accountId: customer.accountId,
    containerId,
    steps,
    failures: expect.failures,
  };
}

function memoryOf(plan: Plan): number {
  return (plan.defaultAllocation ?? plan.pool)?.memoryMb ?? 0;
}
