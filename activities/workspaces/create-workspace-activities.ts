import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkspaceActivities } from '#activities/contracts.ts';
import { type ConvergeDeps, type ConvergeWorkspace, createConvergeWorkspace } from './converge-workspace.ts';
import { engineMessage, isEngineError, isEngineUnreachable } from './engine-error.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';

/** Well below the heartbeat time-out of 30 s. */
const HEARTBEAT_EVERY_MS = 5_000;

/**
 * The activities of a host's own queue. They heartbeat while they run, end when they are cancelled, and speak Temporal's
 * errors: `StaleGeneration` and `WorkspaceFailed` (not worth a retry), `EngineUnavailable` and `EngineError` (retryable).
 *
 * @param converge for a process that also runs the host's reconciler: both must use one, because it serialises
 */
export function createWorkspaceActivities(
  deps: ConvergeDeps,
  converge: ConvergeWorkspace = createConvergeWorkspace(deps),
): WorkspaceActivities {
  return {
    async convergeWorkspace(input) {
      const context = Context.current();
      let step = 'wait for its turn';
      const beat = () => context.heartbeat({ step });
      const timer = setInterval(beat, HEARTBEAT_EVERY_MS);
      beat();
      try {
        return await converge(input, {
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
    },
  };
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
