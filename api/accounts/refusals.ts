import type { Debt } from '#domain/account-state.ts';
import type { RefusalType } from '#workflows/subscription/messages.ts';
import { Problem } from '../problem.ts';
import type { ReadAccount } from './read-account.ts';

/** A command that the account's workflow will not carry out. */
export interface Refusal {
  type: RefusalType;
  /** For people. */
  message: string;
  /** What the workflow says beside it. */
  details: unknown[];
}

/** The answer to a refusal that needs nothing but itself to be explained. */
export function refused({ type, message }: Refusal): Problem {
  switch (type) {
    case 'WorkspaceDeleted':
      return new Problem(
        409,
        'workspace-deleted',
        'The workspace was deleted',
        'Its data is gone, so it can neither be started nor stopped.',
      );
    case 'WorkspaceBeingDeleted':
      return new Problem(409, 'workspace-deleted', 'The workspace was deleted', message);
    case 'TooManyDeletedWorkspaces':
      return new Problem(409, 'too-many-deleted', 'Too many deleted workspaces are kept', message);
    case 'WorkspaceOverStorage':
      return new Problem(409, 'workspace-over-storage', 'The workspace is over its storage', message);
    case 'WorkspaceHasNoRoom':
      return new Problem(
        409,
        'workspace-has-no-room',
        'There is no room for the workspace',
        'The plan and its add-ons give too little for it. Free room in other workspaces, add more, or change the plan.',
      );
    case 'WorkspaceNameTaken':
      return new Problem(409, 'workspace-name-taken', 'The name is taken', message);
    case 'WorkspaceSizeInvalid':
      return new Problem(400, 'request-invalid', 'The request is malformed', message);
    case 'NoMovePlanned':
      return new Problem(409, 'no-move-planned', 'No move waits for a time', message);
    case 'MoveTooLate':
      return new Problem(409, 'move-too-late', 'It has to move earlier', message);
    case 'AccountDeleted':
      return new Problem(409, 'account-deleting', 'The account is being deleted', message);
    case 'NotInGrace':
      return new Problem(409, 'not-in-grace', 'There is no grace to extend', message);
    case 'CustomerAlreadyLinked':
      return new Problem(409, 'customer-already-linked', 'The account or the customer is joined already', message);
    case 'NotRecorded':
      return new Problem(503, 'not-recorded', 'It could not be recorded just now', message, { retryAfterSeconds: 5 });
    case 'InternalError':
      return new Problem(500, 'internal-error', 'Something went wrong on our side', message);
    case 'MalformedCommand':
      return new Problem(400, 'request-invalid', 'The request is malformed', message);
    case 'UnknownAccount':
      return accountNotFound();
    case 'UnknownWorkspace':
      return workspaceNotFound();
    default:
      return new Problem(409, 'request-invalid', 'The wish was refused', 'Load the account again and decide anew.', {
        data: { refusal: type },
      });
  }
}

/** Nobody's, or somebody else's: the same answer. */
export function accountNotFound(): Problem {
  return new Problem(404, 'account-not-found', 'There is no such account', 'Take an id from GET /api/v1/me.');
}

/** As `accountNotFound`. */
export function workspaceNotFound(): Problem {
  return new Problem(
    404,
    'workspace-not-found',
    'There is no such workspace',
    'Take an id from GET /api/v1/accounts/:accountId.',
  );
}

/** 402 with what is owed, where to pay it and what comes back on payment. */
export async function suspended(readAccount: ReadAccount, accountId: string): Promise<Problem> {
  const account = await readAccount(accountId);
  const debt = account?.debt ?? null;
  const holds = account?.holds ?? [];
  const comesBack = (account?.workspaces ?? [])
    .filter(({ status, ownerWants }) => status !== 'deleted' && status !== 'deleting' && ownerWants === 'running')
    .map((workspace) => workspace.name);
  const detail = debt
    ? `Pay ${money(debt)}${debt.payUrl ? ` at ${debt.payUrl}` : ''}. On payment ${comesBack.length > 0 ? `${comesBack.join(', ')} ${comesBack.length === 1 ? 'runs' : 'run'} again` : 'workspaces can be started again'}.`
    : `${holds.map((hold) => hold.reason).join(' ') || 'The account is on hold.'}${holds.every((hold) => hold.name === 'closing') && holds.length > 0 ? '' : ' Contact support.'}`;
  return new Problem(402, 'account-suspended', 'The account is suspended', detail, {
    data: {
      amountCents: debt?.amountCents ?? null,
      currency: debt?.currency ?? null,
      payUrl: debt?.payUrl ?? null,
      holds: holds.map((hold) => hold.name),
      comesBack,
    },
  });
}

function money({ amountCents, currency }: Pick<Debt, 'amountCents' | 'currency'>): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  return format.format(amountCents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
