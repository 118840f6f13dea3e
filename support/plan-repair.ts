import type { BillingHint, Carried, Recovered, SubscriptionInput } from '#workflows/subscription/messages.ts';
import type { AccountReport, RunSummary } from './inspect-account.ts';
import { unsavedUpdates } from './run-history.ts';

type PendingUpdate = Recovered['updates'][number];

/** As many as the workflow itself remembers. */
const MOST_COMMANDS = 200;

/**
 * - `none`: nothing to do, and `isWell` says whether that is because nothing is wrong
 * - `resend`: the run is well; Updates that a former repair took over are still to be sent
 * - `fresh-run`: a new run, begun from PostgreSQL, in place of the one that fails or is gone
 */
export type RepairPlan =
  | { kind: 'none'; isWell: boolean; because: string }
  | { kind: 'resend'; because: string; updates: PendingUpdate[] }
  | { kind: 'fresh-run'; because: string; endsRunId: string | null; input: SubscriptionInput };

/**
 * What is right for an account, by what was found of it.
 *
 * Always a fresh run, never a reset to an earlier task: that replays the history up to there, so it loads an account that is older
 * than PostgreSQL's; its saves would be refused as outdated and hosts would refuse its wishes. What the ended run had accepted and
 * PostgreSQL does not have, the fresh one takes over.
 *
 * @param hints events that were forwarded to the account and not acted on
 */
export function planRepair(report: AccountReport, hints: BillingHint[]): RepairPlan {
  const { accountId, stored, deletedAt, run, workers } = report;
  if (!stored && deletedAt)
    return none(true, `Account ${accountId} was deleted on ${deletedAt.toISOString()}: nothing is to be repaired.`);
  if (!stored && !run)
    return none(false, `There is no account ${accountId}: neither PostgreSQL nor Temporal knows it. See the id.`);
  if (run?.status === 'PAUSED')
    return none(false, 'Its workflow is paused: somebody did so on purpose. Unpause it in the Temporal Web UI.');
  if (run?.status === 'RUNNING' && !run.fails) return planForRunning(run, workers);

  const opening = run?.history.input?.opening;
  if (!stored && !opening)
    return none(false, `PostgreSQL does not know account ${accountId}, and its run does not say how it was opened.`);
  const carried = carriedAhead(run, stored?.version ?? 0);
  const from = carried?.state.version ?? stored?.version ?? 0;
  return {
    kind: 'fresh-run',
    because: run?.fails
      ? `The task of its workflow fails: ${run.fails.problem.cause}${run.fails.message ? ` ("${run.fails.message}")` : ''}.`
      : `No workflow runs for it${run ? `: the last run is ${run.status.toLowerCase()}` : ''}.`,
    endsRunId: run?.fails ? run.runId : null,
    input: {
      accountId,
      ...(stored ? {} : { opening }),
      ...(carried ? { carried } : {}),
      ...(run ? { recovered: recoveredOf(run, from, hints) } : {}),
    },
  };
}

/** What a run was given by the one before and PostgreSQL does not have yet. */
function carriedAhead(run: RunSummary | null, storedVersion: number): Carried | undefined {
  const carried = run?.history.input?.carried;
  if (!carried) return undefined;
  const { version } = carried.state;
  return version > storedVersion || (version === storedVersion && carried.unsaved !== null) ? carried : undefined;
}

function planForRunning(run: RunSummary, workers: number): RepairPlan {
  const updates = notYetSent(run);
  if (workers === 0)
    return none(false, 'Its workflow is well, but no worker asks for work: start one (`bin/leasehold status`).');
  if (updates.length > 0)
    return { kind: 'resend', because: 'A repair before this one was cut off before it had sent everything.', updates };
  return none(true, 'Its workflow is well: it runs, and its tasks do not fail.');
}

/** What a run has that PostgreSQL does not have. */
function recoveredOf(run: RunSummary, storedVersion: number, hints: BillingHint[]): Recovered {
  const { updates, hostReports } = run.history;
  return {
    fromRunId: run.runId,
    hints,
    hostReports,
    recentCommands: recentCommandsOf(run, storedVersion),
    updates: [
      ...notYetSent(run),
      ...unsavedUpdates(updates, storedVersion).map(({ updateId, name, args }) => ({
        updateId,
        name,
        args,
      })),
    ],
  };
}

/** Of the Updates that this run took over from one before, those that nobody has sent to it. */
function notYetSent({ history }: RunSummary): PendingUpdate[] {
  const accepted = new Set(history.updates.map(({ updateId }) => updateId));
  return (history.input?.recovered?.updates ?? []).filter(({ updateId }) => !accepted.has(updateId));
}

/** So that a command that somebody repeats gets its first receipt. Those that are sent again get a new one. */
function recentCommandsOf({ history }: RunSummary, storedVersion: number): Carried['recentCommands'] {
  const { input, updates } = history;
  const known = [...(input?.carried?.recentCommands ?? []), ...(input?.recovered?.recentCommands ?? [])];
  const before = known.filter(({ receipt }) => receipt.version <= storedVersion);
  const saved = updates.flatMap(({ args, answer }) => {
    const id = (args[0] as { commandId?: unknown } | undefined)?.commandId;
    if (typeof answer === 'string' || answer.version > storedVersion || typeof id !== 'string') return [];
    return [{ id, receipt: answer }];
  });
  return [...before, ...saved].slice(-MOST_COMMANDS);
}

function none(isWell: boolean, because: string): RepairPlan {
  return { kind: 'none', isWell, because };
}
