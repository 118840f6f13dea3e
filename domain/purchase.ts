import {
  type AddOn,
  type Audience,
  type Catalog,
  doesSomethingOn,
  isFor,
  type Plan,
  planOf,
  UNLIMITED,
} from './catalog.ts';
import type { Holdings } from './entitlements.ts';

export type PurchaseRefusalCode =
  | 'unknown-add-on'
  | 'quantity'
  | 'retired'
  | 'custom'
  | 'wrong-audience'
  | 'plan'
  | 'max-quantity'
  | 'debt-first';

export type Purchase = { ok: true } | { ok: false; code: PurchaseRefusalCode; reason: string };

/** What an account wants to buy, and what it has. */
export interface PurchaseWish {
  /** The account's own: its plan may be for several. */
  audience: Audience;
  planId: string;
  addOnId: string;
  quantity: number;
  /** What the account has of add-ons already. */
  held: Holdings['addOns'];
}

const BUYERS: Record<Audience, string> = { personal: 'personal accounts', organisation: 'organisations' };
const BUYER: Record<Audience, string> = { personal: 'a personal one', organisation: "an organisation's" };

/**
 * Whether an account may buy an add-on. To be asked before Checkout.
 *
 * @returns a refusal with a sentence for people when it may not
 */
export function mayBuy(catalog: Catalog, { audience, planId, addOnId, quantity, held }: PurchaseWish): Purchase {
  const plan = planOf(catalog, planId);
  const addOn = catalog.addOns.find((each) => each.id === addOnId);
  if (!addOn) return refused('unknown-add-on', `There is no add-on ${addOnId}.`);
  if (!Number.isSafeInteger(quantity) || quantity < 1) {
    return refused('quantity', `The quantity of ${addOnId} must be a whole number of at least 1.`);
  }
  if (!isFor(addOn, audience)) {
    const buyers = addOn.audiences.map((each) => BUYERS[each]).join(' and ');
    return refused('wrong-audience', `${addOnId} is for ${buyers}; this account is ${BUYER[audience]}.`);
  }
  if (addOn.retired) return refused('retired', `${addOnId} is no longer sold. Those who have it keep it.`);
  if (addOn.prices.length === 0) return refused('custom', `${addOnId} is agreed on by hand: talk to us.`);
  if (!doesSomethingOn(addOn, plan.id)) return refused('plan', whyNotOn(plan, addOn, audience, catalog));
  const has = held.reduce((sum, each) => sum + (each.id === addOnId ? each.quantity : 0), 0);
  if (addOn.maxQuantity !== UNLIMITED && has + quantity > addOn.maxQuantity) {
    return refused(
      'max-quantity',
      `An account can have ${addOn.maxQuantity} × ${addOnId} at most; it has ${has} and asks for ${quantity} more.`,
    );
  }
  return { ok: true };
}

function refused(code: PurchaseRefusalCode, reason: string): Purchase {
  return { ok: false, code, reason };
}

/** Plans are listed from the smallest up: what stands behind this one is an upgrade. */
function whyNotOn(plan: Plan, addOn: AddOn, audience: Audience, catalog: Catalog): string {
  const higher = catalog.plans
    .slice(catalog.plans.indexOf(plan) + 1)
    .filter((each) => isFor(each, audience) && doesSomethingOn(addOn, each.id));
  const [first] = higher;
  return first
    ? `${plan.id} must upgrade first: ${addOn.id} can be bought from ${first.id} on.`
    : `${addOn.id} can't be bought on ${plan.id}.`;
}
