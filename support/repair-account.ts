import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { PrismaClient } from '#prisma/client.ts';
import {
  accountView,
  type BillingHint,
  type Recovered,
  revivalOf,
  SUBSCRIPTION_WORKFLOW,
  type SubscriptionInput,
  subscriptionWorkflowId,
} from '#workflows/subscription/messages.ts';
import { inspectAccount } from './inspect-account.ts';
import { planRepair, type RepairPlan } from './plan-repair.ts';
import { readRunHistory, unsavedUpdates } from './run-history.ts';

const MOST_HINTS = 1_000;
const UP_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 500;
const CALL_MS = 5_000;
const UPDATE_MS = 15_000;
/** A repair that waits for another one, and its own time. */
const LOCK_MS = 5 * 60_000;

type Updates = Recovered['updates'];

export interface RepairDeps {
  /** Two connections at least: one holds the lock. */
  prisma: PrismaClient;
  client: Client;
  /** Told each step, as a sentence. */
  tell: (sentence: string) => void;
}

/**
 * Brings an account back whose workflow is gone or whose tasks fail: a fresh run takes what PostgreSQL has, and what the old one had
 * accepted and not saved. Does nothing to an account that is well. Two at once follow one another, and the second finds it well.
 *
 * @param dryRun only tell what would be done
 * @returns whether the account is well now (of a dry run: whether there is nothing to do)
 */
export async function repairAccount(deps: RepairDeps, accountId: string, dryRun: boolean): Promise<boolean> {
  const lock = async (tx: Pick<PrismaClient, '$executeRaw' | '$executeRawUnsafe'>) => {
    for (const limit of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      await tx.$executeRawUnsafe(`SET LOCAL ${limit} = ${LOCK_MS}`);
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('leasehold account repair'), hashtext(${accountId}))`;
    return repair(deps, accountId, dryRun);
  };
  return deps.prisma.$transaction(lock, { timeout: LOCK_MS, maxWait: 30_000 });
}

async function repair(deps: RepairDeps, accountId: string, dryRun: boolean): Promise<boolean> {
  const { prisma, tell } = deps;
  const [report, hints] = await Promise.all([inspectAccount(deps, accountId), hintsNotActedOn(prisma, accountId)]);
  const plan = planRepair(report, hints);
  tell(plan.because);
  if (plan.kind === 'none') return plan.isWell;
  for (const sentence of intentionsOf(plan, report.stored?.version ?? null)) tell(sentence);
  if (dryRun) {
    tell('Nothing was done: this was a dry run.');
    return false;
  }
  if (plan.kind === 'resend') return tellLoss(deps, await resend(deps, accountId, plan.updates));

  const runId = await startFresh(deps, plan.input);
  tell(`Run ${runId} has begun.`);
  const trouble = await isUp(deps, accountId, runId);
  if (trouble !== null) {
    tell(trouble);
    tell(
      'Nothing is lost: PostgreSQL has what was saved, and the new run keeps the rest. When that is put right, run this again.',
    );
    return false;
  }
  tell('It is up: it has loaded the account and answers.');
  const late =
    plan.endsRunId === null ? [] : await acceptedMeanwhile(deps, plan.endsRunId, plan.input, report.stored?.version);
  return tellLoss(deps, await resend(deps, accountId, [...(plan.input.recovered?.updates ?? []), ...late]));
}

/** What will be done, for people. */
function intentionsOf(plan: Exclude<RepairPlan, { kind: 'none' }>, storedVersion: number | null): string[] {
  const updates = plan.kind === 'resend' ? plan.updates : (plan.input.recovered?.updates ?? []);
  const sent = updates.map(({ updateId, name }) => `  ${name} (${updateId})`);
  const again = sent.length === 0 ? [] : ['These Updates were accepted and not saved, and are sent again:', ...sent];
  if (plan.kind === 'resend') return again;
  const { hints = [], hostReports = [], recentCommands = [] } = plan.input.recovered ?? {};
  const from = storedVersion === null ? 'as the account was opened' : `from PostgreSQL, version ${storedVersion}`;
  return [
    `${plan.endsRunId === null ? 'A fresh run is begun' : `Run ${plan.endsRunId} is ended and a fresh one begun`} ${from}: holds, owners' ` +
      'wishes, deadlines and what waits to be sent are in it. It looks at Stripe at once.',
    `It takes over: events that were not acted on, ${hints.length}; reports of hosts, ${hostReports.length}; answers to recent ` +
      `commands, ${recentCommands.length}.`,
    ...again,
  ];
}

async function hintsNotActedOn(prisma: PrismaClient, accountId: string): Promise<BillingHint[]> {
  const rows = await prisma.stripeEvent.findMany({
    where: { accountId, actedAt: null, forwardedAt: { not: null } },
    orderBy: { receivedAt: 'asc' },
    take: MOST_HINTS,
    select: { id: true, type: true },
  });
  return rows.map(({ id, type }) => ({ eventId: id, type }));
}

/** In one step, so that there is no moment at which the account has no run and somebody else begins one. */
async function startFresh({ client }: RepairDeps, input: SubscriptionInput): Promise<string> {
  const { accountId } = input;
  const handle = await client.workflow.start(SUBSCRIPTION_WORKFLOW, {
    ...revivalOf(accountId),
    args: [input],
    workflowIdConflictPolicy: 'TERMINATE_EXISTING',
    staticSummary: `Subscription of account ${accountId}`,
  });
  return handle.firstExecutionRunId;
}

/** Waits until a run has loaded the account. `null` when it has, else what is in its way. */
async function isUp({ client, prisma }: RepairDeps, accountId: string, runId: string): Promise<string | null> {
  const handle = client.workflow.getHandle(subscriptionWorkflowId(accountId));
  const end = Date.now() + UP_WITHIN_MS;
  let last = '';
  while (Date.now() < end) {
    const { run, workers } = await inspectAccount({ prisma, client }, accountId);
    if (run?.fails)
      return `Its task fails as well: ${run.fails.problem.cause}${run.fails.message ? ` ("${run.fails.message}")` : ''}. ${run.fails.problem.advice}.`;
    if (run && run.status !== 'RUNNING') return `Run ${runId} has ended: it is ${run.status.toLowerCase()}.`;
    if (workers === 0) last = 'No worker asks for work: start one (`bin/leasehold status`).';
    else {
      try {
        await client.withDeadline(Date.now() + CALL_MS, () => handle.query(accountView));
        return null;
      } catch (error) {
        last = `It has not loaded the account within ${UP_WITHIN_MS / 1_000} s: ${(error as Error).message}`;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return last;
}

/** Updates that the old run accepted after it was read and before it was ended. */
async function acceptedMeanwhile(
  { client }: RepairDeps,
  endedRunId: string,
  { accountId, recovered }: SubscriptionInput,
  storedVersion = 0,
): Promise<Updates> {
  const known = new Set(recovered?.updates.map(({ updateId }) => updateId));
  try {
    const { events } = await client.workflow.getHandle(subscriptionWorkflowId(accountId), endedRunId).fetchHistory();
    return unsavedUpdates(readRunHistory(events ?? []).updates, storedVersion).filter(
      (each) => !known.has(each.updateId),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

/** Sends Updates again under their own ids, so that one which has come meanwhile is not carried out twice. */
async function resend({ client, tell }: RepairDeps, accountId: string, updates: Updates): Promise<string[]> {
  const handle = client.workflow.getHandle(subscriptionWorkflowId(accountId));
  const lost: string[] = [];
  for (const { updateId, name, args } of updates) {
    try {
      await client.withDeadline(Date.now() + UPDATE_MS, () =>
        handle.executeUpdate(name, { updateId, args: args as [unknown] }),
      );
      tell(`${name} (${updateId}) is recorded again.`);
    } catch (error) {
      const why = error instanceof WorkflowUpdateFailedError ? (error.cause?.message ?? error.message) : String(error);
      lost.push(`${name} (${updateId}): ${why}`);
    }
  }
  return lost;
}

function tellLoss({ tell }: RepairDeps, lost: string[]): boolean {
  if (lost.length === 0) tell('Lost: nothing.');
  else for (const each of lost) tell(`Could not be recorded again: ${each}`);
  return lost.length === 0;
}
