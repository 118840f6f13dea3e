import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Attempt } from './converge-workspace.ts';
import { engineMessage, isEngineError, isEngineUnreachable } from './engine-error.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';

/** Well below the heartbeat time-out of 30 s. */
const HEARTBEAT_EVERY_MS = 5_000;

/**
 * Does a host's work as an activity: it heartbeats while it runs, ends when it is cancelled, and speaks Temporal's errors:
 * `StaleGeneration` and `WorkspaceFailed` (not worth a retry), `EngineUnavailable` and `EngineError` (retryable).
 */
export async function asActivity<T>(work: (attempt: Required<Attempt>) => Promise<T>): Promise<T> {
  const context = Context.current();
  let step = 'wait for its turn';
  const beat = () => context.heartbeat({ step });
  const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
  beat();
  try {
    return await work({
      signal: context.cancellationSignal,
      onStep: (next) => {
        step = next;
        beat();
      },
    });
  } catch (error) {
    // Rejects with the failure that Temporal expects of a cancelled activity.
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw toFailure(error);
  } finally {
    clearInterval(timer);
  }
}

function toFailure(error: unknown): unknown {
  if (error instanceof StaleGeneration) return ApplicationFailure.nonRetryable(error.message, 'StaleGeneration');
  if (error instanceof WorkspaceFailed) {
    return ApplicationFailure.nonRetryable(error.message, 'WorkspaceFailed', { code: error.code, ...error.data });
  }
  if (isEngineError(error))
    return ApplicationFailure.retryable(engineMessage(error), 'EngineError', { status: error.statusCode });
  if (isEngineUnreachable(error))
    return ApplicationFailure.retryable('The Docker engine does not answer.', 'EngineUnavailable');
  return error;
}
