import type { AccountState, HeldAddOn } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { isKnown, isOver, stillOwesRenewal } from './cover.ts';
import { openDunning } from './dunning-opening.ts';
import type { Holdings } from './entitlements.ts';
import { isForUpgrade, type SubscriptionSnapshot } from './snapshot.ts';
import { type Instant, later } from './time.ts';
import type { Happened, HappenedKind } from './timeline.ts';

const COUNTING = new Set<HeldAddOn['status']>(['active', 'trialing', 'grace']);

/** What a look at add-ons rests on. */
export interface AddOnLook {
  /** When the read began. */
  readAt: Instant;
  now: Instant;
  catalog: Catalog;
}

/** Add-ons for people: `Micro`, `2 × Micro`. */
export function addOnText(name: string, quantity: number): string {
  return quantity === 1 ? name : `${quantity} × ${name}`;
}

/** The add-ons that give what they promise. */
export function countingAddOns(addOns: readonly HeldAddOn[]): Holdings['addOns'] {
  return addOns.filter((each) => COUNTING.has(each.status)).map(({ addOnId, quantity }) => ({ id: addOnId, quantity }));
}

/** When an add-on stops giving by itself. */
export function addOnDeadlines(addOns: readonly HeldAddOn[]): Instant[] {
  return addOns.flatMap(({ status, grace }) => (status === 'grace' && grace ? [grace.endsAt] : []));
}

/**
 * What becomes of an account's add-ons. Each stands for itself: what one owes is grace for that one, and when it is not
 * paid in time that one alone stops giving. The plan is not touched.
 *
 * @param subscriptions those of add-ons
 */
export function heldAddOns(
  before: AccountState['addOns'],
  subscriptions: readonly SubscriptionSnapshot[],
  look: AddOnLook,
): { addOns: HeldAddOn[]; happened: Happened[] } {
  const addOns = subscriptions
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id))
    .flatMap((each) => heldAs(each, before.find((held) => held.subscriptionId === each.id) ?? null, look) ?? []);
  const ended = before.filter((was) => !addOns.some((is) => is.subscriptionId === was.subscriptionId));
  const happened = [
    ...addOns.flatMap((is) =>
      changesOf(
        before.find((was) => was.subscriptionId === is.subscriptionId),
        is,
        look.now,
      ),
    ),
    ...ended.map((was) =>
      entry('add-on-ended', was.subscriptionId, look.now, `${addOnText(was.name, was.quantity)} ended.`),
    ),
  ];
  return { addOns, happened };
}

/** `null` for one that never began, is over, or is of a kind or status that is not known. */
function heldAs(subscription: SubscriptionSnapshot, before: HeldAddOn | null, look: AddOnLook): HeldAddOn | null {
  if (isOver(subscription) || subscription.status === 'incomplete') return null;
  if (!before && !isKnown(subscription)) return null;
  // More of it counts from its payment on, as an upgrade does.
  const isUnpaidUpgrade = subscription.invoices.some((invoice) => invoice.status === 'open' && isForUpgrade(invoice));
  const addOnId = isUnpaidUpgrade && before ? before.addOnId : subscription.addOnId;
  const quantity = isUnpaidUpgrade && before ? before.quantity : subscription.quantity;
  const addOn = look.catalog.addOns.find((each) => each.id === addOnId);
  if (!addOn) return null;
  const grace = graceOf(subscription, before, look);
  const recovered = before?.grace && !grace ? later(look.readAt, before.grace.startedAt) : null;
  return {
    subscriptionId: subscription.id,
    addOnId: addOn.id,
    name: addOn.name,
    quantity,
    status: statusOf(subscription, grace, look),
    currentPeriodEnd: subscription.currentPeriodEnd,
    endsAt: subscription.cancelAt,
    grace,
    recoveredAt: recovered ?? before?.recoveredAt ?? null,
  };
}

/** The grace of a renewal that is unpaid: like a dunning's it counts from the first failure, and nothing moves its end. */
function graceOf(subscription: SubscriptionSnapshot, before: HeldAddOn | null, look: AddOnLook): HeldAddOn['grace'] {
  const owes = stillOwesRenewal(subscription) && (before?.grace || isKnown(subscription));
  if (!owes) return null;
  if (before?.grace) return before.grace;
  const { id, startedAt, suspendAt } = openDunning(
    subscription,
    before?.recoveredAt ?? null,
    look.now,
    look.catalog.dunning,
  );
  return { id, startedAt, endsAt: suspendAt };
}

function statusOf(
  subscription: SubscriptionSnapshot,
  grace: HeldAddOn['grace'],
  { readAt, catalog }: AddOnLook,
): HeldAddOn['status'] {
  if (grace) return readAt < grace.endsAt ? 'grace' : 'unpaid';
  if (subscription.status === 'paused') return 'paused';
  if (subscription.collectionPaused && catalog.onCollectionPaused === 'hold') return 'paused';
  return subscription.status === 'trialing' ? 'trialing' : 'active';
}

function changesOf(was: HeldAddOn | undefined, is: HeldAddOn, now: Instant): Happened[] {
  const list: Happened[] = [];
  const what = addOnText(is.name, is.quantity);
  if (!was) list.push(entry('add-on-started', is.subscriptionId, now, `${what} was added.`));
  else if (was.addOnId !== is.addOnId || was.quantity !== is.quantity)
    list.push(entry('add-on-changed', `${is.subscriptionId}/${now}`, now, `You now have ${what}.`));
  if (is.grace && was?.grace?.id !== is.grace.id) {
    const text = `A payment for ${what} failed. It gives what it gave until ${is.grace.endsAt.slice(0, 10)}.`;
    list.push(entry('add-on-payment-failed', is.grace.id, is.grace.startedAt, text));
  }
  if (is.grace && is.status === 'unpaid' && was?.status !== 'unpaid') {
    const text = `${what} was not paid in time: what it gave is taken back until it is paid.`;
    list.push(entry('add-on-suspended', is.grace.id, now, text));
  }
  if (was?.grace && !is.grace) {
    list.push(
      entry('add-on-restored', was.grace.id, now, `The payment for ${what} is settled. It gives what it gave.`),
    );
  }
  return list;
}

function entry(kind: HappenedKind, id: string, at: Instant, text: string): Happened {
  return { id: `${kind}/${id}`, at, kind, text };
}
