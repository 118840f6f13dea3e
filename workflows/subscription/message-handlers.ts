import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { UNLIMITED, type WorkspaceSize } from '#domain/catalog.ts';
import {
  CommandRefused,
  closeAccount as close,
  createWorkspace as create,
  grantOverride as grant,
  keepAccount as keep,
  liftHold as lift,
  type PoolShortage,
  placeHold as place,
  deleteWorkspace as remove,
  wishForWorkspace,
  withdrawOverride as withdraw,
} from '#domain/commands.ts';
import { extendGrace as extend, LONGEST_EXTENSION_DAYS } from '#domain/extend-grace.ts';
import { linkCustomer as link } from '#domain/link-customer.ts';
import { cancelMove as cancel, chooseMoveTime as choose, LONGEST_DAYS_TO_CHOOSE, planMove } from '#domain/moves.ts';
import { viewOf } from '#domain/view.ts';
import {
  recoverWorkspace as recover,
  renameWorkspace as rename,
  resizeWorkspace as resize,
  restartWorkspace as restart,
  restoreWorkspace as restore,
} from '#domain/workspace-commands.ts';
import type { AccountDesk } from './account-desk.ts';
import { steps } from './activity-stubs.ts';
import { workflowNow } from './clock.ts';
import {
  accountView,
  agenda,
  billingHints,
  type ChooseMoveTimeCommand,
  type ClosingCommand,
  type CreateWorkspaceCommand,
  cancelMove,
  chooseMoveTime,
  closeAccount,
  createWorkspace,
  type DeleteWorkspaceCommand,
  deleteWorkspace,
  type ExtendGraceCommand,
  extendGrace,
  type GrantCommand,
  grantOverride,
  type HoldCommand,
  hostReports,
  keepAccount,
  type LinkCustomerCommand,
  liftHold,
  linkCustomer,
  type MoveWorkspaceCommand,
  moveWorkspace,
  placeHold,
  type Receipt,
  type RefusalType,
  type RenameWorkspaceCommand,
  type ResizeWorkspaceCommand,
  recoverWorkspace,
  renameWorkspace,
  resizeWorkspace,
  restartWorkspace,
  restoreWorkspace,
  startFreshRun,
  type WithdrawCommand,
  type WorkspaceCommand,
  type WorkspaceWish,
  wishWorkspace,
  withdrawOverride,
} from './messages.ts';

const CUSTOMER_ID = /^cus_\w{1,250}$/;
const WORKSPACE_ID = /^[A-Za-z0-9_.-]{1,128}$/;
const LONGEST_NAME = 64;
const HOLDS: readonly HoldCommand['hold'][] = ['admin', 'dispute', 'quota'];

/** Sets every handler. To be called before the first `await`: an Update without a handler would be refused. */
export function handleMessages(desk: AccountDesk): void {
  setHandler(billingHints, (hints) => {
    desk.pendingHints.push(...hints);
  });
  setHandler(hostReports, (reports) => desk.report(reports, workflowNow()));
  setHandler(startFreshRun, () => {
    desk.freshRunAsked = true;
  });
  setHandler(
    wishWorkspace,
    (wish) => answer(desk, () => desk.command(wish.commandId, (state) => wishForWorkspace(state, wish, workflowNow()))),
    { validator: requireWish },
  );
  setHandler(
    createWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => create(state, command, workflowNow()))),
    { validator: requireNewWorkspace },
  );
  setHandler(
    deleteWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => remove(state, command, workflowNow()))),
    { validator: requireDeletion },
  );
  setHandler(
    restartWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => restart(state, command, workflowNow()))),
    { validator: requireAboutWorkspace },
  );
  setHandler(
    recoverWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => recover(state, command, workflowNow()))),
    { validator: requireAboutWorkspace },
  );
  setHandler(
    renameWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => rename(state, command, workflowNow()))),
    { validator: requireRename },
  );
  setHandler(
    resizeWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => resize(state, command, workflowNow()))),
    { validator: requireResize },
  );
  setHandler(
    restoreWorkspace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => restore(state, command, workflowNow()))),
    { validator: requireAboutWorkspace },
  );
  setHandler(
    placeHold,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => place(state, command, workflowNow()))),
    { validator: requireHold },
  );
  setHandler(
    liftHold,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => lift(state, command, workflowNow()))),
    { validator: requireHoldName },
  );
  // What support gives counts through a look, which has the catalog at hand.
  setHandler(
    grantOverride,
    (command) =>
      answer(desk, () => {
        desk.lookAsked = true;
        return desk.command(command.commandId, (state) => grant(state, command, workflowNow()));
      }),
    { validator: requireGrant },
  );
  setHandler(
    withdrawOverride,
    (command) =>
      answer(desk, () => {
        desk.lookAsked = true;
        return desk.command(command.commandId, (state) => withdraw(state, command, workflowNow()));
      }),
    { validator: requireWithdrawal },
  );
  setHandler(
    closeAccount,
    (command) =>
      answer(desk, () => {
        desk.lookAsked = true;
        return desk.command(command.commandId, (state) => close(state, command, workflowNow()));
      }),
    { validator: requireClosing },
  );
  setHandler(
    keepAccount,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => keep(state, command, workflowNow()))),
    { validator: requireClosing },
  );
  setHandler(
    extendGrace,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => extend(state, command, workflowNow()))),
    { validator: requireExtension },
  );
  setHandler(
    moveWorkspace,
    (command) =>
      answer(desk, () => desk.command(command.commandId, (state) => planMove(state, command, workflowNow()))),
    { validator: requireMove },
  );
  setHandler(
    chooseMoveTime,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => choose(state, command, workflowNow()))),
    { validator: requireMoveTime },
  );
  setHandler(
    cancelMove,
    (command) => answer(desk, () => desk.command(command.commandId, (state) => cancel(state, command, workflowNow()))),
    { validator: requireAboutWorkspace },
  );
  setHandler(linkCustomer, (command) => linked(desk, command), { validator: requireCustomer });
  setHandler(accountView, () => viewOf(opened(desk), workflowNow()));
  setHandler(agenda, () => ({
    now: workflowNow(),
    quiet: desk.isQuiet(workflowNow()),
    nextDeadline: desk.nextDeadline(),
  }));
}

// Support staff send Updates by hand: what is missing or misspelt is said before anything is recorded.

function requireWish(wish: WorkspaceWish): void {
  requireText(wish?.commandId, 'commandId');
  requireText(wish.workspaceId, 'workspaceId');
  if (wish.wants !== 'running' && wish.wants !== 'stopped') throw malformed('`wants` must be "running" or "stopped".');
}

function requireNewWorkspace(command: CreateWorkspaceCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.workspaceId, 'workspaceId');
  if (!WORKSPACE_ID.test(command.workspaceId))
    throw malformed('`workspaceId` must be letters, digits, `_`, `.` and `-`, 128 at most; it names a container.');
  requireName(command.name);
  requireText(command.hostId, 'hostId');
  if (command.size !== undefined) requireSize(command.size);
}

function requireDeletion(command: DeleteWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireFlag(command.immediately, 'immediately');
}

function requireAboutWorkspace(command: WorkspaceCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.workspaceId, 'workspaceId');
}

function requireRename(command: RenameWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireName(command.name);
}

function requireResize(command: ResizeWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireSize(command.size);
  requireFlag(command.restart, 'restart');
}

function requireName(name: string): void {
  requireText(name, 'name');
  if (name.length > LONGEST_NAME) throw malformed(`\`name\` must have ${LONGEST_NAME} characters at most.`);
}

function requireSize(size: WorkspaceSize): void {
  for (const part of ['memoryMb', 'cpuPercent', 'storageMb'] as const) {
    if (!Number.isSafeInteger(size?.[part])) throw malformed(`\`size.${part}\` must be a whole number.`);
  }
}

function requireFlag(value: unknown, field: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw malformed(`\`${field}\` must be true or false.`);
}

function requireHold(command: HoldCommand): void {
  requireHoldName(command);
  requireText(command.reason, 'reason');
}

function requireGrant(command: GrantCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.override?.id, 'override.id');
  requireText(command.override.reason, 'override.reason');
  const { pool = {}, limits = {}, until } = command.override;
  for (const [name, value] of Object.entries({ ...pool, ...limits })) {
    if (!Number.isSafeInteger(value) || value < UNLIMITED)
      throw malformed(`\`${name}\` must be a whole number, or ${UNLIMITED} for no limit.`);
  }
  if (until !== null && !isInstant(until))
    throw malformed('`override.until` must be null or an instant such as 2026-03-08T00:00:00.000Z.');
}

function isInstant(text: unknown): boolean {
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString() === text;
}

function requireWithdrawal(command: WithdrawCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.overrideId, 'overrideId');
}

function requireExtension(command: ExtendGraceCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.reason, 'reason');
  if (!Number.isSafeInteger(command.days) || command.days < 1 || command.days > LONGEST_EXTENSION_DAYS)
    throw malformed(`\`days\` must be a whole number from 1 to ${LONGEST_EXTENSION_DAYS}.`);
}

function requireCustomer(command: LinkCustomerCommand): void {
  requireText(command?.commandId, 'commandId');
  if (typeof command.stripeCustomerId !== 'string' || !CUSTOMER_ID.test(command.stripeCustomerId))
    throw malformed('`stripeCustomerId` must be the id of a customer at Stripe, such as cus_Nd5phN.');
}

function requireMove(command: MoveWorkspaceCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.workspaceId, 'workspaceId');
  requireText(command.fromHostId, 'fromHostId');
  requireText(command.reason, 'reason');
  if (command.toHostId !== null) requireText(command.toHostId, 'toHostId');
  const { withinDays } = command;
  if (!Number.isSafeInteger(withinDays) || withinDays < 0 || withinDays > LONGEST_DAYS_TO_CHOOSE)
    throw malformed(`\`withinDays\` must be a whole number from 0 to ${LONGEST_DAYS_TO_CHOOSE}.`);
}

function requireMoveTime(command: ChooseMoveTimeCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.workspaceId, 'workspaceId');
  if (command.at !== null && !isInstant(command.at))
    throw malformed('`at` must be null (now) or an instant such as 2026-03-08T00:00:00.000Z.');
}

function requireClosing(command: ClosingCommand): void {
  requireText(command?.commandId, 'commandId');
}

function requireHoldName(command: Omit<HoldCommand, 'reason'>): void {
  requireText(command?.commandId, 'commandId');
  if (!HOLDS.includes(command.hold)) throw malformed(`\`hold\` must be one of ${HOLDS.join(', ')}.`);
}

function requireText(value: unknown, field: string): void {
  if (typeof value !== 'string' || value.trim() === '')
    throw malformed(`\`${field}\` must be a text that is not empty.`);
}

function malformed(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'MalformedCommand');
}

/** First whose customer it is is settled in PostgreSQL, where no two accounts can have one. */
async function linked(desk: AccountDesk, command: LinkCustomerCommand): Promise<Receipt> {
  await condition(() => desk.state !== null || desk.ending);
  const { accountId } = opened(desk);
  const { commandId, stripeCustomerId } = command;
  // What the account itself refuses is refused before anything is claimed.
  await answer(desk, () => {
    link(opened(desk), command, workflowNow());
    return { version: opened(desk).version };
  });
  const { claimed } = await steps.claimCustomer({ accountId, stripeCustomerId });
  if (!claimed) {
    const why = `The customer ${stripeCustomerId} belongs to another account, or this one is not stored yet: try again.`;
    throw refusal('CustomerAlreadyLinked', why);
  }
  return answer(desk, () => {
    desk.lookAsked = true;
    return desk.command(commandId, (state) => link(state, command, workflowNow()));
  });
}

async function answer(desk: AccountDesk, carryOut: () => Receipt): Promise<Receipt> {
  await condition(() => desk.state !== null || desk.ending);
  opened(desk);
  try {
    return carryOut();
  } catch (error) {
    if (error instanceof CommandRefused) throw refusal(error.code, error.message, error.shortage);
    throw error;
  }
}

function opened(desk: AccountDesk) {
  if (!desk.state) throw refusal('UnknownAccount', 'This account has not been opened.');
  return desk.state;
}

function refusal(type: RefusalType, message: string, shortage?: PoolShortage): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type, ...(shortage ? [shortage] : []));
}
