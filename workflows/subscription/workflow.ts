import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  log,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { stepsAhead } from '#domain/dunning-schedule.ts';
import { addMs } from '#domain/time.ts';
import { viewOf } from '#domain/view.ts';
import { AccountDesk } from './account-desk.ts';
import { lookAtBilling, takeUp, tried } from './billing.ts';
import { isHostReport } from './check-messages.ts';
import { settleClaims } from './claims.ts';
import { BackOff, msUntil, workflowNow } from './clock.ts';
import { countDropped } from './dropped-messages.ts';
import { recordSafely } from './faults.ts';
import { steps } from './local-steps.ts';
import { handleMessages } from './message-handlers.ts';
import type { SubscriptionInput } from './messages.ts';
import { tendMoves } from './move-workspace.ts';
import { OperatorView } from './operator-view.ts';
import { emptyOutbox } from './outbox.ts';
import { tendWorkspaces } from './workspace-coroutine.ts';

const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** What was recorded in an outage of PostgreSQL is stored soon after it. */
const LONGEST_RETRY_OF_SAVES_MS = 30_000;
const TRY_AGAIN = 'Try again: Stripe or PostgreSQL did not answer';
const LOOK_AGAIN_AFTER_FAULT_MS = 5 * 60_000;

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
  const withoutStripe = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  const withoutDatabase = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_OF_SAVES_MS);
  // Messages that change something are not kept waiting by the trouble of others.
  const pause = (backOff: BackOff) => {
    const version = desk.state?.version;
    const changed = () => desk.freshRunAsked || desk.state?.version !== version || desk.hasOpenClaim();
    return condition(changed, backOff.nextMs(), { summary: TRY_AGAIN });
  };

  let takenUp = await takeUp(desk, input);
  while (takenUp === false) {
    await sleep(withoutDatabase.nextMs(), { summary: TRY_AGAIN });
    takenUp = await takeUp(desk, input);
  }
  if (takenUp === 'unknown') {
    desk.ending = true;
    await condition(allHandlersFinished);
    return;
  }
  withoutDatabase.reset();
  // A malformed one may be what a former run failed over.
  const recovered = (input.recovered?.hostReports ?? []).filter(isHostReport);
  for (const report of [...recovered, ...desk.takeEarlyReports()])
    recordSafely(desk, 'hostReports', () => desk.report(report, workflowNow()));

  const followers = [emptyOutbox(desk), tendWorkspaces(desk), tendMoves(desk)];
  const runEnds = () => desk.accountDeleted || desk.freshRunAsked || workflowInfo().continueAsNewSuggested;

  while (!runEnds()) {
    // What messages changed is stored first: it does not wait for Stripe.
    await save(desk);
    await settleClaims(desk);
    const looked = !desk.needsLook(workflowNow()) || (await lookSafely(desk));
    const saved = await save(desk);
    if (desk.state) operators.show(desk.state, workflowNow());
    if (saved) withoutDatabase.reset();
    if (looked) withoutStripe.reset();
    if (!saved) await pause(withoutDatabase);
    // What came during that save is saved at once.
    else if (!looked && desk.unsaved === null) await pause(withoutStripe);
    else if (looked) await nextThing(desk, runEnds);
  }

  desk.ending = true;
  await saveUntil(desk, Promise.all(followers));
  do {
    await settleClaims(desk);
    await condition(() => allHandlersFinished() || desk.hasOpenClaim());
  } while (desk.hasOpenClaim());
  if (desk.accountDeleted) return;
  await continueAsNew<typeof subscription>({ accountId: input.accountId, carried: desk.carry() });
}

/** Goes on saving what comes while the coroutines finish what they hold: a host may take minutes. */
async function saveUntil(desk: AccountDesk, finished: Promise<unknown>): Promise<void> {
  let isFinished = false;
  const finishing = finished.then(() => {
    isFinished = true;
  });
  while (!isFinished) {
    const saved = await save(desk);
    if (saved) await condition(() => isFinished || desk.unsaved !== null);
    else await condition(() => isFinished, FIRST_RETRY_MS, { summary: TRY_AGAIN });
  }
  await finishing;
}

/** Sleeps until a message has changed something or the next deadline has come. */
async function nextThing(desk: AccountDesk, runEnds: () => boolean): Promise<void> {
  const somethingNew = () => runEnds() || desk.unsaved !== null || desk.hasOpenClaim() || desk.needsLook(workflowNow());
  const deadline = desk.wakesAt();
  if (deadline === null) await condition(somethingNew);
  else await condition(somethingNew, msUntil(deadline), { summary: nextStep(desk, deadline) });
}

/**
 * Reads Stripe and decides. A rule that throws over what Stripe says (an error of ours) does not take the account with it: commands,
 * holds and deadlines of workspaces go on, and Stripe is read again later. That happens in a fresh run, as the history of this one could
 * not be replayed with the mended rule.
 */
async function lookSafely(desk: AccountDesk): Promise<boolean> {
  try {
    const looked = await lookAtBilling(desk);
    if (looked) desk.lookNotBefore = null;
    return looked;
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('A rule threw an error over what Stripe says; it is read again later.', { error: String(error) });
    countDropped('look', 'fault', 'a rule threw an error');
    desk.lookAsked = true;
    desk.lookNotBefore = addMs(workflowNow(), LOOK_AGAIN_AFTER_FAULT_MS);
    desk.freshRunAsked = true;
    return true;
  }
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
    // Runs that began before anything was set aside have no answer.
    const setAside = (done.value as { setAside: number } | undefined)?.setAside ?? 0;
    if (setAside > 0) log.error('PostgreSQL refused part of the account; it was set aside.', { setAside });
    desk.markSaved(state);
    return true;
  }
  desk.putBack(unsaved);
  return false;
}
