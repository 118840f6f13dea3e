import { setTimeout as delay } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { type Receipt, type RefusalType, revivalOf, SUBSCRIPTION_WORKFLOW } from '#workflows/subscription/messages.ts';
import { Problem } from '../problem.ts';
import type { TemporalLink } from '../temporal.ts';
import { grpcCodeOf, isTemporalUnavailable } from '../temporal-unavailable.ts';
import type { ReadAccount } from './read-account.ts';
import { type Refusal, refused, suspended } from './refusals.ts';

const BETWEEN_RUNS_MS = 150;
const GRPC_FAILED_PRECONDITION = 9;

export interface Command {
  /** The same id again is answered with the first receipt. */
  commandId: string;
}

/**
 * Tells an account's workflow what its owner wants. Resolves when it is recorded, not when Docker is done. An account whose
 * workflow was terminated gets a new one, which loads it from PostgreSQL.
 *
 * @param explain problems of refusals that the caller can say more about than `refused`; `undefined` for others
 * @throws Problem 402 under a hold, what the refusal stands for, 503 when nobody confirmed it
 */
export type SendCommand = <Sent extends Command>(
  accountId: string,
  update: UpdateDefinition<Receipt, [Sent]>,
  command: Sent,
  explain?: (refusal: Refusal) => Promise<Problem | undefined>,
) => Promise<Receipt>;

/** @param deadlineMs how long the workflow may take to record a command. Default 5,000. */
export function createSendCommand(
  deps: { temporal: TemporalLink; readAccount: ReadAccount },
  deadlineMs = 5_000,
): SendCommand {
  const { client, connection } = deps.temporal;
  return async (accountId, update, command, explain) => {
    const giveUpAt = Date.now() + deadlineMs;
    const send = () =>
      connection.withDeadline(giveUpAt, () =>
        client.workflow.executeUpdateWithStart(update, {
          args: [command],
          updateId: command.commandId,
          startWorkflowOperation: new WithStartWorkflowOperation(SUBSCRIPTION_WORKFLOW, {
            ...revivalOf(accountId),
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        }),
      );
    try {
      return await againBetweenRuns(send, giveUpAt);
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw unconfirmed(error);
      if (refusal.type === 'WorkspaceSuspended') throw await suspended(deps.readAccount, accountId);
      throw (await explain?.(refusal)) ?? refused(refusal);
    }
  };
}

/** A command that meets the end of a run, or a task that has to be done again, is dropped by the server: it is sent again, and happens once. */
async function againBetweenRuns<Answer>(send: () => Promise<Answer>, giveUpAt: number): Promise<Answer> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isBetweenRuns(error) || Date.now() + BETWEEN_RUNS_MS >= giveUpAt) throw error;
      await delay(BETWEEN_RUNS_MS);
    }
  }
}

/** https://pkg.go.dev/go.temporal.io/server: WorkflowNotReady is FAILED_PRECONDITION; the failure is of an Update that its run's end cut off. */
function isBetweenRuns(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  const isCutOff = cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
  return isCutOff || grpcCodeOf(error) === GRPC_FAILED_PRECONDITION;
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const { type, message, details } = error.cause;
  if (isBetweenRuns(error)) return undefined;
  return { type: type as RefusalType, message, details: details ?? [] };
}

function unconfirmed(error: unknown): Problem {
  const timedOut = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isBetweenRuns(error);
  if (timedOut || isTemporalUnavailable(error)) {
    return new Problem(
      503,
      timedOut ? 'not-confirmed' : 'temporal-unavailable',
      'Nobody confirmed the wish',
      'It may or may not be carried out. Send it again with the same Idempotency-Key in a few seconds: it happens once.',
      { retryAfterSeconds: 5, cause: error },
    );
  }
  return new Problem(
    500,
    'internal-error',
    'Something went wrong on our side',
    'Load the account to see whether the wish was recorded, then try again; if it stays, tell support the requestId.',
    { cause: error },
  );
}
