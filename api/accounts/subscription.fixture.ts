import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { AccountView } from '#domain/account-view.ts';
import { accountView, billingHints, wishWorkspace } from '#workflows/subscription/messages.ts';

/**
 * For tests of the API on a real Temporal: answers the messages of the subscription's workflow without its rules. Ids of
 * workspaces say what is to happen.
 */
export async function subscription({ accountId }: { accountId: string }): Promise<void> {
  let version = 10;
  const receipts = new Map<string, number>();
  setHandler(billingHints, () => undefined);
  setHandler(accountView, () => {
    const view: Partial<AccountView> = {
      accountId,
      version,
      standing: 'suspended',
      holds: [{ name: 'billing', since: '2026-03-08T00:00:00.000Z', reason: 'The renewal was not paid.' }],
      debt: {
        invoiceId: 'in_1',
        amountCents: 900,
        currency: 'usd',
        payUrl: 'https://pay.example/in_1',
        nextAttemptAt: null,
      },
      workspaces: [],
    };
    return view as AccountView;
  });
  setHandler(wishWorkspace, ({ commandId, workspaceId }) => {
    if (workspaceId.endsWith('suspended')) throw ApplicationFailure.nonRetryable('suspended', 'WorkspaceSuspended');
    if (workspaceId.endsWith('deleted')) throw ApplicationFailure.nonRetryable('deleted', 'WorkspaceDeleted');
    if (workspaceId.endsWith('unknown')) throw ApplicationFailure.nonRetryable('unknown', 'UnknownWorkspace');
    const known = receipts.get(commandId);
    if (known !== undefined) return { version: known };
    version += 1;
    receipts.set(commandId, version);
    return { version };
  });
  await condition(() => false);
}
