import type { AccountState } from '#domain/account-state.ts';
import type { AddOn, Interval, Plan, PlanPrice } from '#domain/catalog.ts';
import { countingAddOns } from '#domain/held-add-ons.ts';
import { mayBuy } from '#domain/purchase.ts';
import type { AskedAccount } from '../access/find-account.ts';
import { readOffers } from '../accounts/read-offers.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import { Problem } from '../problem.ts';
import type { Fit, OffersAnswer } from './answers.ts';
import type { BillingDeps } from './billing-deps.ts';
import { ownerMetadata } from './customer.ts';
import { priceFor } from './prices.ts';
import { fitOf, NOTHING_AMISS, offerNotFound, offerRefused } from './refusals.ts';

/** What somebody wants to buy. */
export interface Wish {
  planId?: string | undefined;
  addOnId?: string | undefined;
  interval: Interval;
  /** Of add-ons; a plan is had once. Default 1. */
  quantity?: number | undefined;
}

/** A wish that the account may have, with all that is bought for it. */
export interface Purchase {
  kind: 'plan' | 'add-on';
  /** Names the offer, for example `plan/PRO/month/1`. */
  name: string;
  price: PlanPrice;
  quantity: number;
  /** Billed by use as well. */
  metered: boolean;
  /** Of the subscription, as existing systems read it. */
  metadata: Record<string, string>;
  /** Days of trial for whoever never had a plan. */
  trialDays: number;
  fit: Fit;
}

/** The account as last saved, with what it may take. */
export interface Buyer {
  state: AccountState;
  offers: OffersAnswer;
}

/** @throws Problem 409 `account-closing` */
export async function readBuyer(deps: BillingDeps, { accountId }: AskedAccount): Promise<Buyer> {
  const buyer = await readOffers(deps, accountId);
  if (!buyer) throw accountNotFound();
  if (buyer.state.closing) {
    throw new Problem(
      409,
      'account-closing',
      'The account is being closed',
      'Nothing can be bought while the owner is leaving. Keep the account first, with POST …/keep.',
    );
  }
  return buyer;
}

/**
 * What a wish comes to.
 *
 * @throws Problem 404 `offer-not-found`; 403 or 409 `offer-refused` with the reason and what would not fit
 */
export function purchaseOf({ catalog }: BillingDeps, account: AskedAccount, buyer: Buyer, wish: Wish): Purchase {
  if (wish.planId !== undefined) return planPurchase(catalog.plans, account, buyer, wish.planId, wish);
  const { addOnId = '' } = wish;
  const addOn = catalog.addOns.find((each) => isCalled(each, addOnId));
  if (!addOn) throw offerNotFound(`There is no add-on ${addOnId}.`);
  const { state, offers } = buyer;
  const quantity = wish.quantity ?? 1;
  const offer = offers.addOns.find((each) => each.id === addOn.id);
  if (offer && !offer.may.ok) throw offerRefused(offer.may);
  const may = mayBuy(catalog, {
    audience: state.audience,
    planId: state.plan.id,
    addOnId: addOn.id,
    quantity,
    held: countingAddOns(state.addOns),
  });
  if (!may.ok) throw offerRefused(may);
  const price = priceFor(addOn, wish.interval);
  return {
    kind: 'add-on',
    name: `${addOn.kind}/${addOn.id}/${wish.interval}/${quantity}`,
    price,
    quantity,
    metered: false,
    metadata: { ...common(account), ...addOnMetadata(addOn) },
    trialDays: 0,
    fit: NOTHING_AMISS,
  };
}

function planPurchase(plans: Plan[], account: AskedAccount, { offers }: Buyer, planId: string, wish: Wish): Purchase {
  const plan = plans.find((each) => each.id === planId);
  const offer = offers.plans.find((each) => each.id === planId);
  if (!plan || !offer) throw offerNotFound(`There is no plan ${planId} for this account.`);
  if (!offer.may.ok) throw offerRefused(offer.may, fitOf(offer));
  if (wish.quantity !== undefined && wish.quantity !== 1) {
    const reason = 'A plan is had once: leave the quantity out, or write 1.';
    throw offerRefused({ ok: false, code: 'quantity', reason }, fitOf(offer));
  }
  if (plan.prices.length === 0) throw planIsFree(plan);
  return pricedPlan(plan, account, wish.interval, offer.trialDays, fitOf(offer));
}

/** A plan by one of its prices, whether or not it is the account's own already. */
export function pricedPlan(
  plan: Plan,
  account: AskedAccount,
  interval: Interval,
  trialDays: number,
  fit: Fit,
): Purchase {
  return {
    kind: 'plan',
    name: `plan/${plan.id}/${interval}/1`,
    price: priceFor(plan, interval),
    quantity: 1,
    metered: plan.metered,
    metadata: { ...common(account), product_type: 'plan', plan_id: plan.id },
    trialDays,
    fit,
  };
}

export function planIsFree({ id }: Plan): Problem {
  return new Problem(
    409,
    'offer-refused',
    'It can not be taken',
    `${id} costs nothing, so it is not bought: it is what remains when the subscription ends. Cancel it with DELETE …/billing/subscription.`,
    { data: { refusal: 'free', reason: `${id} costs nothing.`, fit: NOTHING_AMISS } },
  );
}

/** Whether an add-on goes by a name: its id, or one that existing systems gave it. */
function isCalled({ id, aliases, metadata }: AddOn, name: string): boolean {
  return id === name || aliases.includes(name) || metadata.tier === name || metadata.booster_tier === name;
}

function common(account: AskedAccount): Record<string, string> {
  return { account_id: account.accountId, ...ownerMetadata(account) };
}

function addOnMetadata({ id, kind, metadata }: AddOn): Record<string, string> {
  return kind === 'booster'
    ? { product_type: 'org_pool_booster', booster_tier: id, ...metadata }
    : { product_type: 'workspace_addon', tier: id, ...metadata };
}
