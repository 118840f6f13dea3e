import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { UNLIMITED } from '#domain/catalog.ts';
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
import { earliest } from '#domain/time.ts';
import { viewOf } from '#domain/view.ts';
import type { AccountDesk } from './account-desk.ts';
import { steps } from './activity-stubs.ts';
import { workflowNow } from './clock.ts';
import {
  accountView,
  agenda,
  billingHints,
  type ClosingCommand,
  type CreateWorkspaceCommand,
  closeAccount,
  createWorkspace,
  type DeleteWorkspaceCommand,
  deleteWorkspace,
  type ExtendGraceCommand,
  extendGrace,
  type GrantCommand,
  grantOverride,
  type HoldCommand,
  keepAccount,
  type LinkCustomerCommand,
  liftHold,
  linkCustomer,
  placeHold,
  type Receipt,
  type RefusalType,
  startFreshRun,
  type WithdrawCommand,
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
  setHandler(linkCustomer, (command) => linked(desk, command), { validator: requireCustomer });
  setHandler(accountView, () => viewOf(opened(desk), workflowNow()));
  setHandler(agenda, () => ({
    now: workflowNow(),
    quiet: desk.isQuiet(workflowNow()),
    nextDeadline: earliest(desk.deadlines()),
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
  requireText(command.name, 'name');
  if (command.name.length > LONGEST_NAME) throw malformed(`\`name\` must have ${LONGEST_NAME} characters at most.`);
  requireText(command.hostId, 'hostId');
  const { size } = command;
  if (size === undefined) return;
  for (const part of ['memoryMb', 'cpuPercent', 'storageMb'] as const) {
    if (!Number.isSafeInteger(size?.[part])) throw malformed(`\`size.${part}\` must be a whole number.`);
  }
}

function requireDeletion(command: DeleteWorkspaceCommand): void {
  requireText(command?.commandId, 'commandId');
  requireText(command.workspaceId, 'workspaceId');
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
