import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { AccountView, WorkspaceView } from '#domain/account-view.ts';
import type { PoolShortage } from '#domain/commands.ts';
import {
  accountView,
  billingHints,
  closeAccount,
  createWorkspace,
  deleteWorkspace,
  keepAccount,
  recoverWorkspace,
  renameWorkspace,
  resizeWorkspace,
  restartWorkspace,
  restoreWorkspace,
  type WorkspaceCommand,
  wishWorkspace,
} from '#workflows/subscription/messages.ts';

/**
 * For tests of the API on a real Temporal: answers the messages of the subscription's workflow without its rules. Ids of
 * workspaces, and names of new ones, say what is to happen.
 */
export async function subscription({ accountId }: { accountId: string }): Promise<void> {
  let version = 10;
  const receipts = new Map<string, number>();
  const receiptFor = (commandId: string) => {
    const known = receipts.get(commandId);
    if (known !== undefined) return { version: known };
    version += 1;
    receipts.set(commandId, version);
    return { version };
  };
  setHandler(billingHints, () => undefined);
  setHandler(accountView, () => {
    const view: Partial<AccountView> = {
      accountId,
      version,
      now: '2026-03-08T00:00:00.000Z',
      subscription: null,
      standing: 'suspended',
      holds: [{ name: 'billing', since: '2026-03-08T00:00:00.000Z', reason: 'The renewal was not paid.' }],
      debt: {
        invoiceId: 'in_1',
        amountCents: 900,
        currency: 'usd',
        nextAttemptAt: null,
      },
      workspaces: [workspaceView(`${accountId}-main`)],
    };
    return view as AccountView;
  });
  setHandler(wishWorkspace, ({ commandId, workspaceId }) => {
    if (workspaceId.endsWith('suspended')) throw ApplicationFailure.nonRetryable('suspended', 'WorkspaceSuspended');
    if (workspaceId.endsWith('deleted')) throw ApplicationFailure.nonRetryable('deleted', 'WorkspaceDeleted');
    if (workspaceId.endsWith('unknown')) throw ApplicationFailure.nonRetryable('unknown', 'UnknownWorkspace');
    return receiptFor(commandId);
  });
  setHandler(createWorkspace, ({ commandId, name }) => {
    const shortage: PoolShortage = { part: 'memoryMb', max: 256, used: 256, asked: 128 };
    if (name === 'beyond') throw ApplicationFailure.nonRetryable('No memory is left.', 'PoolExhausted', shortage);
    if (name === 'suspended') throw ApplicationFailure.nonRetryable('suspended', 'WorkspaceSuspended');
    if (name === 'taken') throw ApplicationFailure.nonRetryable('There is one already.', 'WorkspaceNameTaken');
    if (name === 'tiny') throw ApplicationFailure.nonRetryable('Too small.', 'WorkspaceSizeInvalid');
    return receiptFor(commandId);
  });
  for (const update of [deleteWorkspace, restartWorkspace, recoverWorkspace, restoreWorkspace])
    setHandler(update, ({ commandId }: WorkspaceCommand) => receiptFor(commandId));
  setHandler(renameWorkspace, ({ commandId }) => receiptFor(commandId));
  setHandler(resizeWorkspace, ({ commandId }) => receiptFor(commandId));
  setHandler(closeAccount, ({ commandId }) => receiptFor(commandId));
  setHandler(keepAccount, ({ commandId }) => receiptFor(commandId));
  await condition(() => false);
}

function workspaceView(id: string): WorkspaceView {
  return {
    id,
    name: 'Main',
    hostId: 'host',
    status: 'suspended',
    since: null,
    expectedBy: null,
    overdue: null,
    nextTryAt: null,
    note: null,
    deleteAt: null,
    storage: null,
    storageLimit: null,
    move: null,
    reason: 'The renewal was not paid.',
    ownerWants: 'running',
    size: { memoryMb: 256, cpuPercent: 50, storageMb: 1_024 },
    pendingSize: null,
    containerId: null,
    canStart: false,
    canStop: true,
    canRestart: false,
    canRecover: false,
    canRename: true,
    canResize: false,
    canDelete: true,
    canRestore: false,
  };
}
