import type { AccountState } from './account-state.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';

export interface SortedByRole {
  /** They decide the plan, the standing and the debt. */
  base: SubscriptionSnapshot[];
  /** Each gives something and stands for itself. */
  addOns: SubscriptionSnapshot[];
  /** They change nothing. */
  unknown: SubscriptionSnapshot[];
}

/**
 * Tells plans from add-ons. A subscription that counted before as the plan's stays it when its price becomes one that is not
 * known (made by hand at Stripe): nobody who pays loses the plan for that.
 */
export function sortByRole(
  subscriptions: readonly SubscriptionSnapshot[],
  state: Pick<AccountState, 'subscription' | 'dunning'>,
): SortedByRole {
  const governs = (id: string) => id === state.subscription?.id || id === state.dunning?.subscriptionId;
  const roleOf = ({ id, role }: SubscriptionSnapshot) => (role === 'unknown' && governs(id) ? 'base' : role);
  const having = (role: SubscriptionSnapshot['role']) => subscriptions.filter((each) => roleOf(each) === role);
  return { base: having('base'), addOns: having('add-on'), unknown: having('unknown') };
}
