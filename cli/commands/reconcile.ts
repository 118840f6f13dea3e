import { type Client, ScheduleNotFoundError, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { Command, Option } from 'commander';
import { PlatformError } from '#platform/platform-error.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { connectTemporal } from '#workflows/connection.ts';
import {
  BY_HAND_WORKFLOW_ID,
  RECONCILE_WORKFLOW,
  RECONCILIATION_TASK_QUEUE,
  type ReconcileInput,
  type ReconciliationResult,
  reconciliationProgress,
  SCHEDULE_IDS,
  type Walk,
} from '#workflows/reconciliation/messages.ts';
import { runningProduct } from '../running-product.ts';

const PROGRESS_EVERY_MS = 15_000;

interface ReconcileFlags {
  report?: boolean;
  events?: boolean;
  accounts?: boolean;
  pause?: boolean;
  resume?: boolean;
  json?: boolean;
}

/** `leasehold reconcile`: compares everything with Stripe now and puts right what differs. Exit status 1 when something is left. */
export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      'Compare events and accounts with Stripe now and repair what differs. Exit status 1 when something is left.',
    )
    .option('--report', 'list every event that was missing and every account that differed')
    .addOption(new Option('--events', "only Stripe's events since the last one seen").conflicts('accounts'))
    .addOption(new Option('--accounts', 'only the accounts'))
    .addOption(
      new Option('--pause', 'stop what runs by the clock, until --resume').conflicts([
        'resume',
        'report',
        'events',
        'accounts',
      ]),
    )
    .addOption(new Option('--resume', 'let it run by the clock again').conflicts(['report', 'events', 'accounts']))
    .option('--json', 'print JSON and nothing else')
    .action(async (flags: ReconcileFlags) => {
      const env = await runningProduct(['DATABASE_URL', 'TEMPORAL_ADDRESS']);
      const client = await connectTemporal(env);
      const prisma = createPrisma(env.DATABASE_URL, { maxConnections: 1 });
      try {
        if (flags.pause || flags.resume) await switchClock(client, flags);
        else await reconcileNow(client, prisma, flags);
      } finally {
        await client.connection.close();
        await prisma.$disconnect();
      }
    });
}

async function switchClock(client: Client, { pause = false, json = false }: ReconcileFlags): Promise<void> {
  const note = `${pause ? 'Paused' : 'Resumed'} with \`leasehold reconcile\`.`;
  let stopped = 0;
  for (const id of Object.values(SCHEDULE_IDS)) {
    const schedule = client.schedule.getHandle(id);
    try {
      await (pause ? schedule.pause(note) : schedule.unpause(note));
      if (pause) stopped += await stopWhatRuns(client, id);
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new PlatformError(`There is no Schedule ${id} yet: a worker makes it when it starts.`);
    }
  }
  if (json) console.log(JSON.stringify({ paused: pause, stopped }));
  else if (pause) console.log(`Paused; ${stopped} under way stopped. \`leasehold reconcile\` by hand still works.`);
  else console.log('Events are walked every 10 minutes again, and accounts daily.');
}

/** Cancels the runs of a Schedule that are under way. They note that they were stopped. */
async function stopWhatRuns(client: Client, scheduleId: string): Promise<number> {
  const { info } = await client.schedule.getHandle(scheduleId).describe();
  const running = info.runningActions.map(({ workflow }) => workflow.workflowId);
  for (const id of running) await client.workflow.getHandle(id).cancel();
  return running.length;
}

async function reconcileNow(client: Client, prisma: PrismaClient, flags: ReconcileFlags): Promise<void> {
  const result = await run(client, walksOf(flags));
  const report = { ...result, missing: await missingOf(prisma, result), drift: await driftOf(prisma, result) };
  if (flags.json) console.log(JSON.stringify(report, null, 2));
  else console.log(flags.report ? `${details(report)}${summary(report)}` : summary(report));
  if (result.outcome === 'left') process.exitCode = 1;
}

/** Accounts first: the report tells how they were found. */
function walksOf({ events, accounts }: ReconcileFlags): Walk[] {
  if (events) return ['events'];
  return accounts ? ['accounts'] : ['accounts', 'events'];
}

async function run(client: Client, walks: Walk[]): Promise<ReconciliationResult> {
  const input: ReconcileInput = { walks, askedBy: 'person' };
  const handle = await client.workflow.start(RECONCILE_WORKFLOW, {
    workflowId: `${BY_HAND_WORKFLOW_ID}/${walks.join('+')}`,
    workflowIdConflictPolicy: 'USE_EXISTING',
    taskQueue: RECONCILIATION_TASK_QUEUE,
    args: [input],
  });
  const progress = setInterval(() => void tellProgress(handle), PROGRESS_EVERY_MS);
  try {
    return (await handle.result()) as ReconciliationResult;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new PlatformError(`The reconciliation did not come to its end: ${rootMessage(error)}`);
  } finally {
    clearInterval(progress);
  }
}

/** On standard error: standard output is the report's. */
async function tellProgress(handle: WorkflowHandle): Promise<void> {
  try {
    const run = await handle.query(reconciliationProgress);
    if (run) console.error(`… ${run.accountsCompared} accounts compared, ${run.eventsListed} events listed so far`);
  } catch {
    console.error('… no worker answers: it goes on when one does');
  }
}

function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}

type Report = ReconciliationResult & {
  missing: Awaited<ReturnType<typeof missingOf>>;
  drift: Awaited<ReturnType<typeof driftOf>>;
};

function missingOf(prisma: PrismaClient, { runId }: ReconciliationResult) {
  return prisma.stripeEvent.findMany({
    where: { runId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true, type: true, customerId: true, accountId: true, createdAt: true, outcome: true },
  });
}

function driftOf(prisma: PrismaClient, { runId }: ReconciliationResult) {
  return prisma.drift.findMany({
    where: { runId },
    orderBy: [{ accountId: 'asc' }, { kind: 'asc' }],
    select: { accountId: true, kind: true, here: true, there: true, repairedAt: true },
  });
}

function details({ missing, drift }: Report): string {
  const events = missing.map(
    ({ id, type, customerId, accountId, createdAt, outcome }) =>
      `  ${createdAt.toISOString()}  ${id}  ${type}  ${accountId ?? customerId ?? 'no customer'}  ${outcome ?? 'waits'}\n`,
  );
  const accounts = drift.map(
    ({ accountId, kind, here, there, repairedAt }) =>
      `  ${accountId}  ${kind}: here ${here}, should be ${there}  ${repairedAt ? 'repaired' : 'NOT REPAIRED'}\n`,
  );
  return [
    ...(events.length > 0 ? ['Events that had not arrived:\n', ...events] : []),
    ...(accounts.length > 0 ? ['Accounts that differed:\n', ...accounts] : []),
  ].join('');
}

function summary(report: Report): string {
  const { eventsListed, eventsMissing, accountsCompared, accountsDrifted, accounts, events, outcome } = report;
  const counts = `${eventsListed} events listed, ${eventsMissing} missing; ${accountsCompared} accounts compared, ${accountsDrifted} differed.`;
  switch (outcome) {
    case 'clean':
      return `${counts} Nothing to do.`;
    case 'left':
      return `${counts} LEFT: ${accounts} accounts and ${events} events are not put right after three minutes. See --report and the worker's log.`;
    default:
      return `${counts} All of it is put right.`;
  }
}
