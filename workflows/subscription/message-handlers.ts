import type { UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { AccountState } from '#domain/account-state.ts';
import {
  type CommandOutcome,
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
import { extendGrace as extend } from '#domain/extend-grace.ts';
import { linkCustomer as link } from '#domain/link-customer.ts';
import { cancelMove as cancel, chooseMoveTime as choose, planMove } from '#domain/moves.ts';
import { viewOf } from '#domain/view.ts';
import {
  recoverWorkspace as recover,
  renameWorkspace as rename,
  resizeWorkspace as resize,
  restartWorkspace as restart,
  restoreWorkspace as restore,
} from '#domain/workspace-commands.ts';
import type { AccountDesk } from './account-desk.ts';
import {
  isBillingHint,
  isHostReport,
  requireAboutWorkspace,
  requireClosing,
  requireCustomer,
  requireDeletion,
  requireExtension,
  requireGrant,
  requireHold,
  requireHoldName,
  requireMove,
  requireMoveTime,
  requireNewWorkspace,
  requireRename,
  requireResize,
  requireWish,
  requireWithdrawal,
} from './check-messages.ts';
import { workflowNow } from './clock.ts';
import { countDropped } from './dropped-messages.ts';
import { meetFault, recordSafely } from './faults.ts';
import type { LinkCustomerCommand, Receipt, RefusalType } from './messages.ts';
import * as sent from './messages.ts';

/** How a command is checked and carried out. */
interface Handling<Command> {
  validator: (command: Command) => void;
  rule: (state: AccountState, command: Command, now: string) => CommandOutcome;
  /** It counts through a look at Stripe, which has the catalog at hand. */
  asksToLook?: true;
}

/**
 * Sets every handler. To be called before the first `await`: an Update without a handler would be refused.
 *
 * **Handlers record, the main loop acts.** None starts an activity (`local-steps.ts` says why), and none throws anything but a refusal: an
 * error of ours would fail the workflow task for ever.
 */
export function handleMessages(desk: AccountDesk): void {
  setHandler(sent.billingHints, (hints) => {
    desk.pendingHints.push(...entriesOf('billingHints', hints, isBillingHint));
  });
  setHandler(sent.hostReports, (reports) => {
    for (const report of entriesOf('hostReports', reports, isHostReport))
      recordSafely(desk, 'hostReports', () => desk.report(report, workflowNow()));
  });
  setHandler(sent.startFreshRun, () => {
    desk.freshRunAsked = true;
  });

  const on = <Command extends { commandId: string }>(
    update: UpdateDefinition<Receipt, [Command]>,
    { validator, rule, asksToLook }: Handling<Command>,
  ) => {
    const handler = (command: Command) =>
      answer(desk, update.name, () => {
        desk.lookAsked ||= asksToLook === true;
        return desk.command(command.commandId, (state) => rule(state, command, workflowNow()));
      });
    setHandler(update, handler, { validator: counting(update.name, validator) });
  };
  on(sent.wishWorkspace, { validator: requireWish, rule: wishForWorkspace });
  on(sent.createWorkspace, { validator: requireNewWorkspace, rule: create });
  on(sent.deleteWorkspace, { validator: requireDeletion, rule: remove });
  on(sent.restartWorkspace, { validator: requireAboutWorkspace, rule: restart });
  on(sent.recoverWorkspace, { validator: requireAboutWorkspace, rule: recover });
  on(sent.renameWorkspace, { validator: requireRename, rule: rename });
  on(sent.resizeWorkspace, { validator: requireResize, rule: resize });
  on(sent.restoreWorkspace, { validator: requireAboutWorkspace, rule: restore });
  on(sent.placeHold, { validator: requireHold, rule: place });
  on(sent.liftHold, { validator: requireHoldName, rule: lift });
  on(sent.grantOverride, { validator: requireGrant, rule: grant, asksToLook: true });
  on(sent.withdrawOverride, { validator: requireWithdrawal, rule: withdraw, asksToLook: true });
  on(sent.closeAccount, { validator: requireClosing, rule: close, asksToLook: true });
  on(sent.keepAccount, { validator: requireClosing, rule: keep });
  on(sent.extendGrace, { validator: requireExtension, rule: extend });
  on(sent.moveWorkspace, { validator: requireMove, rule: planMove });
  on(sent.chooseMoveTime, { validator: requireMoveTime, rule: choose });
  on(sent.cancelMove, { validator: requireAboutWorkspace, rule: cancel });
  setHandler(sent.linkCustomer, (command) => linked(desk, command), {
    validator: counting('linkCustomer', requireCustomer),
  });
  setHandler(sent.accountView, () => viewOf(opened(desk), workflowNow()));
  setHandler(sent.agenda, () => ({
    now: workflowNow(),
    quiet: desk.isQuiet(workflowNow()),
    nextDeadline: desk.nextDeadline(),
  }));
}

/** The entries of a signal that can be taken. The others are dropped and counted: there is nobody who could be answered. */
function entriesOf<Entry>(signal: string, given: unknown, isTaken: (entry: unknown) => entry is Entry): Entry[] {
  if (!Array.isArray(given)) {
    countDropped(signal, 'malformed', 'its argument is not a list');
    return [];
  }
  const looked = given.slice(0, sent.MOST_ENTRIES);
  if (looked.length < given.length)
    countDropped(signal, 'too-many', `${sent.MOST_ENTRIES} entries are taken at most`, given.length - looked.length);
  const taken = looked.filter(isTaken);
  if (taken.length < looked.length)
    countDropped(signal, 'malformed', 'an entry lacks what it needs', looked.length - taken.length);
  return taken;
}

/** A validator whose refusals are counted. What it can't even read is malformed. */
function counting<Command>(update: string, validator: (command: Command) => void): (command: Command) => void {
  return (command) => {
    try {
      validator(command);
    } catch (error) {
      countDropped(update, 'malformed', 'the command lacks what it needs');
      if (error instanceof ApplicationFailure) throw error;
      throw ApplicationFailure.nonRetryable('The input must be one JSON object.', 'MalformedCommand');
    }
  };
}

/** The main loop settles in PostgreSQL, where no two accounts can have one, whose customer it is. */
async function linked(desk: AccountDesk, command: LinkCustomerCommand): Promise<Receipt> {
  const before = await answer(desk, 'linkCustomer', () => {
    const known = desk.receiptOf(command.commandId);
    // What the account itself refuses is refused before anything is claimed.
    if (!known) link(opened(desk), command, workflowNow());
    return known ?? null;
  });
  if (before) return before;
  const claim = desk.claim(command);
  await condition(() => claim.outcome !== null);
  const { outcome } = claim;
  if (outcome instanceof CommandRefused) throw refusal(outcome.code, outcome.message, outcome.shortage);
  if (outcome === 'fault') throw internalError();
  if (outcome === null || outcome === 'not-recorded')
    throw refusal('NotRecorded', 'Whose customer it is could not be recorded just now. Try again.');
  return outcome;
}

async function answer<Answer>(desk: AccountDesk, update: string, carryOut: () => Answer): Promise<Answer> {
  await condition(() => desk.state !== null || desk.ending);
  opened(desk);
  try {
    return carryOut();
  } catch (error) {
    if (error instanceof CommandRefused) throw refusal(error.code, error.message, error.shortage);
    meetFault(desk, update, error);
    throw internalError();
  }
}

function opened(desk: AccountDesk) {
  if (!desk.state) throw refusal('UnknownAccount', 'This account has not been opened.');
  return desk.state;
}

function internalError(): ApplicationFailure {
  return refusal('InternalError', 'A fault on our side kept this from being carried out. Nothing has changed.');
}

function refusal(type: RefusalType, message: string, shortage?: PoolShortage): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type, ...(shortage ? [shortage] : []));
}
