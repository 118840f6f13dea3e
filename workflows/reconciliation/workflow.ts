import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { NON_RETRYABLE } from '#activities/contracts.ts';
import type { Left, ReconciliationActivities, RunInHand } from '#activities/reconciliation/contracts.ts';
import { BackOff, workflowNow } from '../subscription/clock.ts';
import { type ReconcileInput, type ReconciliationResult, reconciliationProgress } from './messages.ts';

/** Stretches in one run of the workflow, far below what Temporal allows a history. */
const STRETCHES_PER_RUN = 200;
/** How long repairs are waited for. An account's workflow looks within seconds when Stripe and its worker answer. */
const REPAIRS_WITHIN_MS = 3 * 60_000;
const FIRST_CHECK_MS = 1_000;
const LONGEST_CHECK_MS = 20_000;

const nonRetryableErrorTypes = [...NON_RETRYABLE];

const books = proxyLocalActivities<Pick<ReconciliationActivities, 'beginRun' | 'endRun'>>({
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', nonRetryableErrorTypes },
});

/** They wait out an outage of Stripe, and a worker that is gone is noticed by its missing heartbeat. */
const stretches = proxyActivities<
  Pick<ReconciliationActivities, 'walkEvents' | 'findCustomers' | 'compareAccounts' | 'checkRepairs'>
>({
  startToCloseTimeout: '20 minutes',
  scheduleToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', nonRetryableErrorTypes },
});

/**
 * Compares Stripe with what is here and puts right what differs: accounts first, so that the report tells how they were
 * found, then the events that never arrived. Ends when what it has set going is done, or after three minutes.
 */
export async function reconcile(input: ReconcileInput): Promise<ReconciliationResult> {
  let run: RunInHand | null = input.carried ?? null;
  setHandler(reconciliationProgress, () => run);
  const nothingLeft: Left = { accounts: 0, events: 0 };
  const { walks, askedBy } = input;
  run ??= await books.beginRun({ runId: workflowInfo().firstExecutionRunId, walks, askedBy, now: workflowNow() });
  const inHand = run;

  const end = (ended: 'done' | 'stopped' | 'failed', left: Left, failure: string | null) =>
    CancellationScope.nonCancellable(() => books.endRun({ run: inHand, left, ended, failure, now: workflowNow() }));
  let left: Left;
  try {
    left = (await walk(inHand)) === 'goes on' ? nothingLeft : await repairsOf(inHand.runId);
  } catch (error) {
    if (isCancellation(error)) await end('stopped', nothingLeft, null);
    else await end('failed', nothingLeft, reasonOf(error));
    throw error;
  }
  if (inHand.remaining.length > 0) return await continueAsNew<typeof reconcile>({ ...input, carried: inHand });
  return await end('done', left, null);
}

async function walk(run: RunInHand): Promise<'goes on' | 'done'> {
  for (let stretch = 0; stretch < STRETCHES_PER_RUN; stretch += 1) {
    const [present] = run.remaining;
    if (present === undefined) return 'done';
    if (workflowInfo().continueAsNewSuggested) return 'goes on';
    const isDone = present === 'events' ? await walkEvents(run) : await walkAccounts(run);
    if (isDone) run.remaining = run.remaining.slice(1);
  }
  return run.remaining.length === 0 ? 'done' : 'goes on';
}

/** `true` when the walk is at its end. */
async function walkEvents(run: RunInHand): Promise<boolean> {
  const { runId, events, lastEventId } = run;
  const page = await stretches.walkEvents({ runId, from: events, lastEventId });
  run.eventsListed += page.listed;
  run.lastEventId = page.lastEventId;
  if (page.next) {
    run.events = page.next;
    return false;
  }
  await stretches.findCustomers();
  return true;
}

/** `true` when the walk is at its end. */
async function walkAccounts(run: RunInHand): Promise<boolean> {
  const { runId, afterAccount } = run;
  const page = await stretches.compareAccounts({ runId, after: afterAccount, now: workflowNow() });
  run.accountsCompared += page.compared;
  run.afterAccount = page.next;
  return page.next === null;
}

async function repairsOf(runId: string): Promise<Left> {
  const waits = new BackOff(FIRST_CHECK_MS, LONGEST_CHECK_MS);
  const until = Date.now() + REPAIRS_WITHIN_MS;
  for (;;) {
    const left = await stretches.checkRepairs({ runId, now: workflowNow() });
    if (left.accounts + left.events === 0 || Date.now() >= until) return left;
    await sleep(waits.nextMs(), { summary: `Repairs under way: ${left.accounts} accounts, ${left.events} events` });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : null;
  return cause ?? error.message;
}
