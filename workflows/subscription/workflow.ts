import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { stepsAhead } from '#domain/dunning-schedule.ts';
import { earliest } from '#domain/time.ts';
import { viewOf } from '#domain/view.ts';
import { AccountDesk } from './account-desk.ts';
import { steps } from './activity-stubs.ts';
import { lookAtBilling, takeUp, tried } from './billing.ts';
import { BackOff, msUntil, workflowNow } from './clock.ts';
import { handleMessages } from './message-handlers.ts';
import type { SubscriptionInput } from './messages.ts';
import { tendMoves } from './move-workspace.ts';
import { OperatorView } from './operator-view.ts';
import { emptyOutbox } from './outbox.ts';
import { tendWorkspaces } from './workspace-coroutine.ts';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 5 * 60_000;

/**
 * A customer's subscription, for as long as the account exists.
 *
 * It sleeps until something happens or a deadline comes, looks at Stripe, decides, writes the decision down, and lets
 * the workspaces and the outbox follow. Then it sleeps again. It ends when the account has been deleted.
 */
export async function subscription(input: SubscriptionInput): Promise<void> {
  const desk = new AccountDesk();
  handleMessages(desk);
  const operators = new OperatorView();
  const trouble = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  // Messages that change something are not kept waiting by the trouble of others.
  const pause = () => {
    const version = desk.state?.version;
    const changed = () => desk.freshRunAsked || desk.state?.version !== version;
    return condition(changed, trouble.nextMs(), { summary: 'Try again: Stripe or PostgreSQL did not answer' });
  };

  let takenUp = await takeUp(desk, input);
  while (takenUp === false) {
    await pause();
    takenUp = await takeUp(desk, input);
  }
  if (takenUp === 'unknown') return;
  trouble.reset();
  desk.takeEarlyReports(workflowNow());

  const followers = [emptyOutbox(desk), tendWorkspaces(desk), tendMoves(desk)];
  const runEnds = () => desk.accountDeleted || desk.freshRunAsked || workflowInfo().continueAsNewSuggested;

  while (!runEnds()) {
    // What messages changed is stored first: it does not wait for Stripe.
    await save(desk);
    const looked = !desk.needsLook(workflowNow()) || (await lookAtBilling(desk));
    const saved = await save(desk);
    if (desk.state) operators.show(desk.state, workflowNow());
    if (!looked || !saved) {
      await pause();
      continue;
    }
    trouble.reset();
    await nextThing(desk, runEnds);
  }

  desk.ending = true;
  await Promise.all(followers);
  await condition(allHandlersFinished);
  if (desk.accountDeleted) return;
  await continueAsNew<typeof subscription>({ accountId: input.accountId, carried: desk.carry() });
}

/** Sleeps until a message has changed something or the next deadline has come. */
async function nextThing(desk: AccountDesk, runEnds: () => boolean): Promise<void> {
  const somethingNew = () => runEnds() || desk.unsaved !== null || desk.needsLook(workflowNow());
  const deadline = earliest(desk.deadlines());
  if (deadline === null) await condition(somethingNew);
  else await condition(somethingNew, msUntil(deadline), { summary: nextStep(desk, deadline) });
}

/** For operators: what the workflow sleeps towards. */
function nextStep(desk: AccountDesk, deadline: string): string {
  const step = desk.state?.dunning && stepsAhead(desk.state.dunning).find(({ at }) => at === deadline);
  return `${step ? `Next step: ${step.kind}` : 'Next step'}, due ${deadline.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Writes the decision down. Only then do hosts get its wishes and the outbox its effects. */
async function save(desk: AccountDesk): Promise<boolean> {
  const { state } = desk;
  const unsaved = state && desk.takeUnsaved();
  if (!unsaved) return true;
  const done = await tried('save the account', () =>
    steps.saveAccount({
      state,
      view: viewOf(state, workflowNow()),
      happened: unsaved.happened,
      nextDeadline: desk.nextDeadline(),
      actedOn: { eventIds: unsaved.actedOn, outcome: `${state.standing}, version ${state.version}` },
    }),
  );
  if (done) {
    desk.markSaved(state);
    return true;
  }
  desk.putBack(unsaved);
  return false;
}
