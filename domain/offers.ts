import type { AccountState, Debt } from './account-state.ts';
import { sharingOf } from './allocation.ts';
import {
  type AddOn,
  type Catalog,
  doesSomethingOn,
  isFor,
  isSelfService,
  type Plan,
  type PlanPrice,
} from './catalog.ts';
import { type Entitlements, entitlementsOf, type Holdings } from './entitlements.ts';
import { type Misfit, misfitsOf } from './fit.ts';
import { countingAddOns } from './held-add-ons.ts';
import { mayBuy, type PurchaseRefusalCode } from './purchase.ts';
import type { Instant } from './time.ts';

/** Whether something may be taken by the account itself, now; a refusal has a sentence for people. */
export type MayTake =
  | { ok: true }
  | {
      ok: false;
      code: PurchaseRefusalCode | 'current';
      reason: string;
      /** With `debt-first`: what is owed. Where it can be paid is in the read model. */
      debt?: Pick<Debt, 'invoiceId' | 'amountCents' | 'currency'>;
    };

export type OfferedPrice = Pick<PlanPrice, 'interval' | 'amountCents'> & {
  /** ISO 4217 code in lower case. */
  currency: string;
};

interface Offer {
  id: string;
  name: string;
  prices: OfferedPrice[];
  may: MayTake;
  /** What the account would be entitled to with it. */
  entitlements: Entitlements;
}

export interface PlanOffer extends Offer {
  current: boolean;
  /** Agreed on by hand. */
  custom: boolean;
  /** Days of trial that this account would get: 0 for whoever was subscribed before. */
  trialDays: number;
  /** Workspaces that the plan is too small for. */
  misfits: Misfit[];
  /** Ids of add-ons that the account pays for and that would do nothing on the plan. */
  idleAddOns: string[];
}

export interface AddOnOffer extends Offer {
  kind: AddOn['kind'];
  gives: AddOn['gives'];
  /** How many of it the account has. */
  held: number;
}

export interface Offers {
  plans: PlanOffer[];
  addOns: AddOnOffer[];
}

/**
 * What an account could take, with what would become of it: asked before anybody is sent to pay. Pure.
 *
 * Plans that are not sold any more are left out, except the account's own. In the catalog's order.
 */
export function offersFor(catalog: Catalog, account: AccountState, now: Instant): Offers {
  const held = countingAddOns(account.addOns);
  const ours = catalog.plans.filter((each) => isFor(each, account.audience));
  // A canceled account may have had a plan that the catalog no longer knows: it takes a plan first.
  const hasPlan = ours.some((each) => each.id === account.plan.id);
  return {
    plans: ours
      .filter((plan) => !plan.retired || plan.id === account.plan.id)
      .map((plan) => planOffer(catalog, account, plan, held, now)),
    addOns: catalog.addOns
      .filter((addOn) => hasPlan && isFor(addOn, account.audience) && !addOn.retired)
      .map((addOn) => addOnOffer(catalog, account, addOn, held, now)),
  };
}

function planOffer(
  catalog: Catalog,
  account: AccountState,
  plan: Plan,
  held: Holdings['addOns'],
  now: Instant,
): PlanOffer {
  const entitlements = entitlementsOf(catalog, { planId: plan.id, addOns: held }, account.overrides, now);
  const idle = held.filter(
    ({ id }) => !catalog.addOns.some((each) => each.id === id && doesSomethingOn(each, plan.id)),
  );
  return {
    id: plan.id,
    name: plan.name,
    prices: offered(catalog, plan.prices),
    may: mayTake(plan, account),
    entitlements,
    current: plan.id === account.plan.id,
    custom: plan.custom,
    trialDays: account.subscribedBefore ? 0 : plan.trialDays,
    misfits: misfitsOf(account.workspaces, entitlements, sharingOf(catalog, plan.id)),
    idleAddOns: idle.map(({ id }) => id),
  };
}

function addOnOffer(
  catalog: Catalog,
  account: AccountState,
  addOn: AddOn,
  held: Holdings['addOns'],
  now: Instant,
): AddOnOffer {
  const { audience } = account;
  const planId = account.plan.id;
  const withIt = [...held, { id: addOn.id, quantity: 1 }];
  return {
    id: addOn.id,
    name: addOn.name,
    prices: offered(catalog, addOn.prices),
    may: mayBuyNow(mayBuy(catalog, { audience, planId, addOnId: addOn.id, quantity: 1, held }), account),
    entitlements: entitlementsOf(catalog, { planId, addOns: withIt }, account.overrides, now),
    kind: addOn.kind,
    gives: addOn.gives,
    held: held.reduce((sum, each) => sum + (each.id === addOn.id ? each.quantity : 0), 0),
  };
}

/** What may not be bought at all is not said to be a matter of the debt. */
function mayBuyNow(may: MayTake, account: AccountState): MayTake {
  return may.ok ? (debtFirst(account) ?? may) : may;
}

function mayTake(plan: Plan, account: AccountState): MayTake {
  if (plan.id === account.plan.id) return { ok: false, code: 'current', reason: `${plan.name} is your plan.` };
  if (isSelfService(plan)) return debtFirst(account) ?? { ok: true };
  return { ok: false, code: 'custom', reason: `${plan.name} is agreed on by hand: talk to us.` };
}

/**
 * What is owed for the plan is paid before more is bought: Stripe would not take money for the new while the old is open.
 * After the cancel a new subscription is the way back, and owes nothing.
 */
function debtFirst({ debt, dunning }: AccountState): MayTake | null {
  if (!debt || (dunning?.stage !== 'grace' && dunning?.stage !== 'suspended')) return null;
  const { invoiceId, amountCents, currency } = debt;
  const reason = 'A payment is overdue. Pay it first; then everything can be bought.';
  return { ok: false, code: 'debt-first', reason, debt: { invoiceId, amountCents, currency } };
}

function offered({ currency }: Catalog, prices: PlanPrice[]): OfferedPrice[] {
  return prices.map(({ interval, amountCents }) => ({ interval, amountCents, currency }));
}
