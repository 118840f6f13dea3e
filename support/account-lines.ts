import type { AccountReport, RunSummary, StoredSummary } from './inspect-account.ts';

/** Clocks that differ by less are the same: a save takes a moment. */
const SAME_CLOCK_MS = 60_000;

/** How an account and its workflow are, as lines for people. */
export function accountLines({ accountId, stored, deletedAt, run, workers }: AccountReport): string[] {
  return [
    `Account ${accountId}`,
    ...(deletedAt ? [`Deleted on ${deletedAt.toISOString()}.`] : []),
    ...(stored ? storedLines(stored) : ['PostgreSQL does not have it.']),
    ...(run ? runLines(run) : ['Workflow:    none, and Temporal remembers none']),
    `Workers:     ${workers === 0 ? 'none asks for the tasks of accounts' : `${workers} ask for the tasks of accounts`}`,
    ...(stored?.setAside ?? []).flatMap(({ what, about, reason, at, content }) => [
      `Set aside:   ${what} ${about}, ${at.toISOString()}: ${reason}`,
      `             ${content}`,
    ]),
  ];
}

function storedLines(stored: StoredSummary): string[] {
  const { version, standing, planId, holds, waitingEffects, savedAt, updatedAt, nextDeadline } = stored;
  const aheadMs = savedAt.getTime() - updatedAt.getTime();
  const moved = Math.abs(aheadMs) < SAME_CLOCK_MS ? '' : ` (${savedAt.toISOString()} in its own time)`;
  return [
    `Stored:      version ${version}, ${standing}, plan ${planId}`,
    `Last save:   ${updatedAt.toISOString()}${moved}`,
    `Next step:   ${nextDeadline ? `due ${nextDeadline.toISOString()}${moved ? ' in its own time' : ''}` : 'none by itself; a message wakes it'}`,
    `Holds:       ${holds.length === 0 ? 'none' : holds.join(', ')}`,
    `Outbox:      ${waitingEffects.length === 0 ? 'nothing waits' : waitingEffects.join(', ')}`,
    `Events:      ${stored.eventsNotActedOn} accepted and not acted on`,
  ];
}

function runLines({ runId, status, events, task, fails, history }: RunSummary): string[] {
  const waits = task && !fails ? `, a task waits since ${task.since ?? 'a moment'}` : '';
  return [
    `Workflow:    ${status.toLowerCase()}, run ${runId}, ${events} events${waits}`,
    ...(fails
      ? [
          `Its task fails, attempt ${task?.attempt ?? 'unknown'}${task?.since ? `, since ${task.since}` : ''}: ${fails.problem.cause}.`,
          ...(fails.message ? [`  ${fails.message}`] : []),
          `  ${fails.problem.advice}.`,
        ]
      : []),
    ...(history.input?.recovered
      ? [`It was begun by a repair, in place of run ${history.input.recovered.fromRunId}.`]
      : []),
  ];
}
