import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { CommandRefused, liftHold as lift, placeHold as place, wishForWorkspace } from '#domain/commands.ts';
import { earliest } from '#domain/time.ts';
import { viewOf } from '#domain/view.ts';
import type { AccountDesk } from './account-desk.ts';
import { workflowNow } from './clock.ts';
import {
  accountView,
  agenda,
  billingHints,
  liftHold,
  placeHold,
  type Receipt,
  type RefusalType,
  startFreshRun,
  wishWorkspace,
} from './messages.ts';

/** Sets every handler. To be called before the first `await`: an Update without a handler would be refused. */
export function handleMessages(desk: AccountDesk): void {
  setHandler(billingHints, (hints) => {
    desk.pendingHints.push(...hints);
  });
  setHandler(startFreshRun, () => {
    desk.freshRunAsked = true;
  });
  setHandler(wishWorkspace, (wish) =>
    answer(desk, () => desk.command(wish.commandId, (state) => wishForWorkspace(state, wish, workflowNow()))),
  );
  setHandler(placeHold, (command) =>
    answer(desk, () => desk.command(command.commandId, (state) => place(state, command, workflowNow()))),
  );
  setHandler(liftHold, (command) =>
    answer(desk, () => desk.command(command.commandId, (state) => lift(state, command, workflowNow()))),
  );
  setHandler(accountView, () => viewOf(opened(desk), workflowNow()));
  setHandler(agenda, () => ({
    now: workflowNow(),
    quiet: desk.isQuiet(workflowNow()),
    nextDeadline: earliest(desk.deadlines()),
  }));
}

async function answer(desk: AccountDesk, carryOut: () => Receipt): Promise<Receipt> {
  await condition(() => desk.state !== null || desk.closing);
  opened(desk);
  try {
    return carryOut();
  } catch (error) {
    if (error instanceof CommandRefused) throw refusal(error.code, error.message);
    throw error;
  }
}

function opened(desk: AccountDesk) {
  if (!desk.state) throw refusal('UnknownAccount', 'This account has not been opened.');
  return desk.state;
}

function refusal(type: RefusalType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
