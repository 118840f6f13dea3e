import type { WorkflowHandle } from '@temporalio/client';
import * as sent from '#workflows/subscription/messages.ts';
import type { MessageName } from './plan.ts';
import { CUSTOMER_PREFIX, HOSTS, type World } from './world.ts';

/** What became of a message: `recorded`, or why the workflow refused it. */
export type Outcome = 'recorded' | `refused: ${string}` | `lost: ${string}`;

export interface SentMessage {
  outcome: Promise<Outcome>;
}

/** Sends a message about an account, each time one of its own, the same for the same number. */
export function send(
  handle: WorkflowHandle,
  world: World,
  accountId: string,
  message: MessageName,
  number: number,
): SentMessage {
  const commandId = `order-${number}`;
  const [main, side] = [`${accountId}.main`, `${accountId}.side`];
  const size = { memoryMb: 300 + number, cpuPercent: 100, storageMb: 2048 };
  const update = ({ name }: { name: string }, command: object): SentMessage => {
    const outcome = handle
      .executeUpdate<sent.Receipt, [object]>(name, { args: [{ commandId, ...command }], updateId: commandId })
      .then((): Outcome => 'recorded', refusalOf);
    return { outcome };
  };
  const signal = (sending: Promise<void>): SentMessage => {
    const outcome = sending.then((): Outcome => 'recorded', refusalOf);
    return { outcome };
  };
  switch (message) {
    case 'billingHints':
      return signal(handle.signal(sent.billingHints, [{ eventId: `evt_${number}`, type: 'invoice.paid' }]));
    case 'hostReports': {
      const saw = { kind: 'storage', usedMb: 1900 + number, limitMb: 2048, state: 'near' } as const;
      const generation = world.of(accountId).stored?.workspaces[0]?.desired.generation ?? 1;
      return signal(handle.signal(sent.hostReports, [{ reportId: commandId, workspaceId: main, generation, saw }]));
    }
    case 'startFreshRun':
      return signal(handle.signal(sent.startFreshRun));
    case 'wishWorkspace':
      return update(sent.wishWorkspace, { workspaceId: main, wants: number % 2 === 0 ? 'stopped' : 'running' });
    case 'createWorkspace':
      return update(sent.createWorkspace, { workspaceId: side, name: 'side', hostId: HOSTS[0], size });
    case 'restartWorkspace':
      return update(sent.restartWorkspace, { workspaceId: main });
    case 'recoverWorkspace':
      return update(sent.recoverWorkspace, { workspaceId: main });
    case 'renameWorkspace':
      return update(sent.renameWorkspace, { workspaceId: main, name: `Name ${number}` });
    case 'resizeWorkspace':
      return update(sent.resizeWorkspace, { workspaceId: main, size });
    case 'restoreWorkspace':
      return update(sent.restoreWorkspace, { workspaceId: side });
    case 'deleteWorkspace':
      return update(sent.deleteWorkspace, { workspaceId: side });
    case 'placeHold':
      return update(sent.placeHold, { hold: 'admin', reason: 'We are looking into it.' });
    case 'liftHold':
      return update(sent.liftHold, { hold: 'admin' });
    case 'grantOverride': {
      const override = { id: `grant-${number}`, reason: 'For the outage.', pool: { memoryMb: 64 }, until: null };
      return update(sent.grantOverride, { override });
    }
    case 'withdrawOverride':
      return update(sent.withdrawOverride, { overrideId: `grant-${number - 1}` });
    case 'extendGrace':
      return update(sent.extendGrace, { days: 3, reason: 'A new card is on its way.' });
    case 'moveWorkspace': {
      const move = { fromHostId: HOSTS[0], toHostId: null, withinDays: 0, reason: 'The host is emptied.' };
      return update(sent.moveWorkspace, { workspaceId: main, ...move });
    }
    case 'chooseMoveTime':
      return update(sent.chooseMoveTime, { workspaceId: main, at: null });
    case 'cancelMove':
      return update(sent.cancelMove, { workspaceId: main });
    case 'linkCustomer':
      return update(sent.linkCustomer, { stripeCustomerId: `${CUSTOMER_PREFIX}${accountId}` });
    case 'closeAccount':
      return update(sent.closeAccount, {});
    case 'keepAccount':
      return update(sent.keepAccount, {});
  }
}

function refusalOf(error: unknown): Outcome {
  const { cause, name, message } = error as {
    cause?: { type?: string; message?: string };
    name: string;
    message: string;
  };
  // Of its own making: the account is gone, or the message came after its end.
  if (name === 'WorkflowNotFoundError') return 'lost: the workflow has ended';
  if (cause?.type === 'AcceptedUpdateCompletedWorkflow') return 'lost: the workflow has ended';
  return cause?.type ? `refused: ${cause.type}` : `lost: ${name}: ${message}`;
}
