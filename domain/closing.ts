import type { AccountState, Closing } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { isOver } from './cover.ts';
import type { Effect } from './effect.ts';
import { withHold, withoutHold } from './holds.ts';
import type { BillingSnapshot } from './snapshot.ts';
import { addDays, type Instant } from './time.ts';
import type { Happened } from './timeline.ts';

/** How long a cancel that we asked for may take to be seen at Stripe before it is asked for again. */
const CANCEL_SEEN_AFTER_DAYS = 1 / 24;
/** While a payment is in doubt, it is looked at again after this many days. */
const DOUBT_DAYS = 1;

export interface ClosingStep {
  closing: Closing | null;
  effects: Effect[];
  happened: Happened[];
}

/**
 * An account that its owner leaves: everything is cancelled at Stripe first, then the workspaces stop, then, after the
 * retention, the data and the account are deleted. Until then the owner can take it back.
 *
 * Each step rests on a snapshot that was read after the step before. While something can still be charged, nothing stops.
 *
 * @param snapshot subscriptions of every role
 */
export function advanceClosing(
  state: AccountState,
  snapshot: BillingSnapshot,
  now: Instant,
  catalog: Catalog,
): ClosingStep {
  const { closing } = state;
  if (!closing || closing.stage === 'deleting' || snapshot.readAt < closing.requestedAt) return quietly(closing);
  const isCharged = snapshot.subscriptions.some((each) => !isOver(each));
  if (isCharged) return cancels(closing, snapshot, now);
  return closing.stage === 'canceling' ? retains(state, closing, now, catalog) : deletes(closing, snapshot, now);
}

/** When a closing account acts by itself. */
export function closingDeadlines(closing: Closing | null): Instant[] {
  if (!closing || closing.stage === 'deleting') return [];
  return [closing.lookAgainAt ?? closing.deleteAt].flatMap((at) => at ?? []);
}

/** The hold of a closing account: in place from the moment when nothing is charged any more. */
export function holdForClosing(holds: AccountState['holds'], closing: Closing | null, now: Instant) {
  if (!closing || closing.stage === 'canceling') return withoutHold(holds, 'closing');
  const until = closing.deleteAt?.slice(0, 10);
  const reason = `The account is being closed. Its data is kept until ${until}; until then its owner can take it back.`;
  return withHold(holds, { name: 'closing', since: now, reason });
}

/** Asked for until it is seen: also when somebody subscribes anew in Stripe's dashboard meanwhile. */
function cancels(closing: Closing, { readAt }: BillingSnapshot, now: Instant): ClosingStep {
  const isWaiting = closing.stage === 'canceling' && closing.lookAgainAt !== null && readAt < closing.lookAgainAt;
  if (isWaiting) return quietly(closing);
  const effect: Effect = {
    kind: 'end-billing',
    id: `end-billing/${closing.id}/${now}`,
    emittedAt: now,
    readyWhen: 'now',
    droppedWhenDunningEnds: false,
  };
  const lookAgainAt = addDays(now, CANCEL_SEEN_AFTER_DAYS);
  return { closing: { ...closing, stage: 'canceling', lookAgainAt }, effects: [effect], happened: [] };
}

function retains(state: AccountState, closing: Closing, now: Instant, catalog: Catalog): ClosingStep {
  // Who subscribed anew in between is not given less time, nor more.
  const deleteAt = closing.deleteAt ?? addDays(now, catalog.deleteClosedAfterDays);
  const isTold = closing.deleteAt !== null;
  const { plan } = state;
  return {
    closing: { ...closing, stage: 'retained', deleteAt, lookAgainAt: null },
    effects: isTold
      ? []
      : [
          {
            kind: 'mail',
            id: `mail/account-closing/${closing.id}`,
            emittedAt: now,
            readyWhen: 'now',
            droppedWhenDunningEnds: false,
            template: 'account-closing',
            facts: { planId: plan.id, planName: plan.name, deleteAt },
          },
        ],
    happened: [
      {
        id: `account-closing/${closing.id}/${now}`,
        at: now,
        kind: 'account-closing',
        text: `Nothing is charged any more. Your workspaces stop; all data is deleted on ${deleteAt.slice(0, 10)}.`,
      },
    ],
  };
}

function deletes(closing: Closing, { readAt, paymentInDoubt }: BillingSnapshot, now: Instant): ClosingStep {
  const due = closing.lookAgainAt ?? closing.deleteAt;
  if (due === null || readAt < due) return quietly(closing);
  if (paymentInDoubt) return quietly({ ...closing, lookAgainAt: addDays(now, DOUBT_DAYS) });
  return {
    closing: { ...closing, stage: 'deleting', lookAgainAt: null },
    effects: [
      {
        kind: 'delete-account',
        id: `delete-account/${closing.id}`,
        emittedAt: now,
        readyWhen: 'workspaces-settled',
        droppedWhenDunningEnds: false,
      },
    ],
    happened: [],
  };
}

function quietly(closing: Closing | null): ClosingStep {
  return { closing, effects: [], happened: [] };
}
