import type { AccountState } from './account-state.ts';
import { type Catalog, planOf } from './catalog.ts';
import type { Instant } from './time.ts';
import { newWorkspace } from './workspace-wishes.ts';

/** What a new account is made of. */
export interface AccountOpening {
  accountId: string;
  ownerUserId: string;
  stripeCustomerId: string | null;
  workspaces: { id: string; name: string; hostId: string }[];
}

/** A new account: on the free plan until Stripe says otherwise, its workspaces wanted. */
export function openAccount(opening: AccountOpening, now: Instant, catalog: Catalog): AccountState {
  const free = planOf(catalog, catalog.freePlanId);
  return {
    accountId: opening.accountId,
    ownerUserId: opening.ownerUserId,
    stripeCustomerId: opening.stripeCustomerId,
    version: 0,
    plan: { id: free.id, name: free.name, workspace: free.workspace },
    standing: 'free',
    standingSince: now,
    subscription: null,
    paymentMethod: null,
    debt: null,
    dunning: null,
    recoveredAt: null,
    holds: [],
    workspaces: opening.workspaces.map((each) => newWorkspace(each, free.workspace)),
    outbox: [],
    billingReadAt: null,
  };
}
