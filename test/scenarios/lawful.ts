import type { AccountState } from '#domain/account-state.ts';
import { type Catalog, planOf } from '#domain/catalog.ts';
import type { Effect } from '#domain/effect.ts';
import type { BillingSnapshot, SubscriptionSnapshot } from '#domain/snapshot.ts';
import { addDays } from '#domain/time.ts';

const DOWN = new Set<AccountState['standing']>(['suspended', 'canceled', 'paused']);

/** A change of an account's state, with the truth that was read last before it. */
export interface Change {
  before: AccountState;
  after: AccountState;
  /** `null` before the first read. */
  read: BillingSnapshot | null;
  catalog: Catalog;
}

/** What no order of events may ever bring about, in words; empty when all is lawful. Written from the promises, not from the rules. */
export function unlawfulIn({ before, after, read, catalog }: Change): string[] {
  const faults: string[] = [];
  const require = (isSo: boolean, fault: string) => {
    if (!isSo) faults.push(fault);
  };
  const subscriptions = read?.subscriptions ?? [];
  const entered = (standing: AccountState['standing']) => after.standing === standing && before.standing !== standing;
  const isHeld = DOWN.has(after.standing) || after.holds.length > 0;
  for (const each of after.workspaces) {
    const wish = each.desired.state;
    require(!(isHeld && wish === 'running'), `${each.id} is to run while ${after.standing}`);
    require(!(each.ownerWants === 'stopped' && wish === 'running'), `${each.id} is to run against its owner's wish`);
    const isKept = !isHeld && each.ownerWants === 'running' && each.allocation !== null && wish === 'stopped';
    require(!isKept, `${each.id} is kept from running while ${after.standing}, with no hold`);
  }
  const { dunning } = after;
  if (entered('suspended') && dunning) {
    const dunned = subscriptions.find(({ id }) => id === dunning.subscriptionId);
    require(dunned !== undefined && isOwing(dunned), 'suspended while what was read is paid');
    const day = addDays(dunning.startedAt, dunning.policy.suspendAfterDays);
    require(read !== null && read.readAt >= day, `suspended before ${day}`);
  }
  if (entered('canceled')) require(!subscriptions.some(isGood), 'canceled while something that was read is paid');
  const was = before.dunning;
  if (was && dunning && was.id === dunning.id) {
    require(was.startedAt === dunning.startedAt, 'the first day of a dunning moved');
    for (const step of ['suspendAt', 'cancelAt', 'deleteAt'] as const)
      require(dunning[step] >= was[step], `${step} came nearer: from ${was[step]} to ${dunning[step]}`);
  }
  const isDeleted = (state: AccountState) => state.workspaces.some(({ desired }) => desired.state === 'deleted');
  if (isDeleted(after) && !isDeleted(before)) {
    const day = was && addDays(was.startedAt, was.policy.deleteAfterDays);
    require(day !== null && read !== null && read.readAt >= day, `data is deleted before ${day}`);
    require(!read?.paymentInDoubt &&
      !subscriptions.some(isGood), 'data is deleted while a payment is in doubt or made');
  }
  const memory = (planId: string) => planOf(catalog, planId).pool?.memoryMb ?? 0;
  if (memory(after.plan.id) < memory(before.plan.id)) {
    const isPaid = subscriptions.some((each) => each.planId === before.plan.id && isGood(each));
    require(!isPaid, `smaller (${after.plan.id}) while ${before.plan.id} is paid`);
  }
  if (memory(after.plan.id) > memory(before.plan.id)) {
    const isPaid = subscriptions.some((each) => each.planId === after.plan.id && hasBegun(each) && !owesUpgrade(each));
    require(isPaid, `bigger (${after.plan.id}) than what is paid`);
  }
  const ids = after.outbox.map(({ id }) => id);
  require(new Set(ids).size === ids.length, 'an effect is in the outbox twice');
  return faults;
}

/** What may not be when an effect is about to be carried out. */
export function unlawfulEffect(state: AccountState, effect: Effect): string[] {
  if (effect.kind === 'mail' && effect.template === 'suspended') {
    const runs = state.workspaces.some(({ observed }) => observed?.state === 'running');
    return [
      ...(runs ? ['"suspended" is told while a workspace runs'] : []),
      ...(state.standing === 'suspended' ? [] : [`"suspended" is told to an account that is ${state.standing}`]),
    ];
  }
  if (effect.kind === 'cancel-subscription' && state.standing !== 'suspended')
    return [`the subscription of an account that is ${state.standing} is cancelled`];
  if (effect.kind === 'end-duplicate' && state.subscription?.id === effect.subscriptionId)
    return ['the subscription that governs is ended as a duplicate'];
  return [];
}

function isGood({ status, refundedInvoiceId }: SubscriptionSnapshot): boolean {
  return (status === 'active' || status === 'trialing') && refundedInvoiceId === null;
}

function isOwing({ status }: SubscriptionSnapshot): boolean {
  return status === 'past_due' || status === 'unpaid';
}

function hasBegun(subscription: SubscriptionSnapshot): boolean {
  return isGood(subscription) || isOwing(subscription);
}

function owesUpgrade({ invoices }: SubscriptionSnapshot): boolean {
  return invoices.some(({ status, billingReason }) => status === 'open' && billingReason === 'subscription_update');
}
