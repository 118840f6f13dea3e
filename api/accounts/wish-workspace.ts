import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Debt } from '#domain/account-state.ts';
import {
  type Receipt,
  type RefusalType,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  subscriptionWorkflowId,
  type WorkspaceWish,
  wishWorkspace,
} from '#workflows/subscription/messages.ts';
import { Problem } from '../problem.ts';
import type { TemporalLink } from '../temporal.ts';
import { isTemporalUnavailable } from '../temporal-unavailable.ts';
import type { ReadAccount } from './read-account.ts';

export type WishWorkspace = (accountId: string, wish: WorkspaceWish) => Promise<Receipt>;

/**
 * Tells an account's workflow what its owner wants. Resolves when the wish is recorded, not when Docker is done. An
 * account whose workflow was terminated gets a new one, which loads it from PostgreSQL.
 *
 * @param deadlineMs how long the workflow may take to record it. Default 5,000.
 * @throws Problem 402, 404 or 409 when the wish is refused, 503 when nobody confirmed it
 */
export function createWishWorkspace(
  deps: { temporal: TemporalLink; readAccount: ReadAccount },
  deadlineMs = 5_000,
): WishWorkspace {
  const { client, connection } = deps.temporal;
  return async (accountId, wish) => {
    try {
      return await connection.withDeadline(Date.now() + deadlineMs, () =>
        client.workflow.executeUpdateWithStart(wishWorkspace, {
          args: [wish],
          updateId: wish.commandId,
          startWorkflowOperation: new WithStartWorkflowOperation(SUBSCRIPTION_WORKFLOW, {
            workflowId: subscriptionWorkflowId(accountId),
            workflowIdConflictPolicy: 'USE_EXISTING',
            taskQueue: SUBSCRIPTION_TASK_QUEUE,
            args: [{ accountId }],
          }),
        }),
      );
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === 'WorkspaceSuspended') throw await suspended(deps.readAccount, accountId);
      if (refusal) throw refused(refusal);
      throw unconfirmed(error);
    }
  };
}

function refusalOf(error: unknown): RefusalType | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  return error.cause.type as RefusalType | undefined;
}

function refused(type: RefusalType): Problem {
  switch (type) {
    case 'WorkspaceDeleted':
      return new Problem(
        409,
        'workspace-deleted',
        'The workspace was deleted',
        'Its data is gone, so it can neither be started nor stopped.',
      );
    case 'WorkspaceHasNoRoom':
      return new Problem(
        409,
        'workspace-has-no-room',
        'There is no room for the workspace',
        'The plan and its add-ons give too little for it. Free room in other workspaces, add more, or change the plan.',
      );
    case 'UnknownAccount':
    case 'UnknownWorkspace':
      return workspaceNotFound();
    default:
      return new Problem(409, 'request-invalid', 'The wish was refused', 'Load the account again and decide anew.', {
        data: { refusal: type },
      });
  }
}

/** Nobody's, or somebody else's: the same answer. */
export function workspaceNotFound(): Problem {
  return new Problem(404, 'workspace-not-found', 'There is no such workspace', 'Take an id from GET /api/v1/account.');
}

/** 402 with what is owed, where to pay it and what comes back on payment. */
export async function suspended(readAccount: ReadAccount, accountId: string): Promise<Problem> {
  const account = await readAccount(accountId);
  const debt = account?.debt ?? null;
  const holds = account?.holds ?? [];
  const comesBack = (account?.workspaces ?? [])
    .filter((workspace) => workspace.status !== 'deleted' && workspace.ownerWants === 'running')
    .map((workspace) => workspace.name);
  const detail = debt
    ? `Pay ${money(debt)}${debt.payUrl ? ` at ${debt.payUrl}` : ''}. On payment ${comesBack.length > 0 ? `${comesBack.join(', ')} ${comesBack.length === 1 ? 'runs' : 'run'} again` : 'workspaces can be started again'}.`
    : `${holds.map((hold) => hold.reason).join(' ') || 'The account is on hold.'} Contact support.`;
  return new Problem(402, 'workspace-suspended', 'The workspace is suspended', detail, {
    data: {
      amountCents: debt?.amountCents ?? null,
      currency: debt?.currency ?? null,
      payUrl: debt?.payUrl ?? null,
      holds: holds.map((hold) => hold.name),
      comesBack,
    },
  });
}

function money({ amountCents, currency }: Debt): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(amountCents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function unconfirmed(error: unknown): Problem {
  const timedOut = error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
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
