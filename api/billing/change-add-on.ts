import { mainItemOf, roleOf } from '#billing/stripe-role.ts';
import { countingAddOns } from '#domain/held-add-ons.ts';
import { mayBuy } from '#domain/purchase.ts';
import type { Changed } from './answers.ts';
import type { BillingCommand, BillingDeps } from './billing-deps.ts';
import { changedBefore, changeLater, changeNow } from './change-item.ts';
import { onTarget } from './end-subscription.ts';
import { refuseOwing } from './held-subscriptions.ts';
import { readBuyer } from './purchase.ts';
import { offerRefused, subscriptionNotFound } from './refusals.ts';

/**
 * Has another number of an add-on. More are charged and given at once; fewer from the next period on.
 *
 * @throws Problem 402 `card-declined` or `debt-first`; 403 `offer-refused`, for example beyond the most there may be
 */
export async function changeAddOn(
  deps: BillingDeps,
  command: BillingCommand,
  { subscriptionId, quantity }: { subscriptionId: string; quantity: number },
): Promise<Changed> {
  const { stripe, catalog } = deps;
  const { state, offers } = await readBuyer(deps, command.account);
  return onTarget(deps, command, { addOn: subscriptionId }, { alsoUnfinished: false }, async (subscription) => {
    const { addOnId } = roleOf(subscription, catalog, undefined);
    const held = state.addOns.find((each) => each.subscriptionId === subscription.id)?.addOnId ?? addOnId;
    const item = mainItemOf(subscription, catalog);
    if (held === null || !item) throw subscriptionNotFound();
    const done = await changedBefore(stripe, command, subscription);
    if (done) return done;
    refuseOwing(subscription);
    const before = item.quantity ?? 1;
    if (quantity > before) {
      const offer = offers.addOns.find((each) => each.id === held);
      if (offer && !offer.may.ok && offer.may.code !== 'max-quantity') throw offerRefused(offer.may);
      const may = mayBuy(catalog, {
        audience: state.audience,
        planId: state.plan.id,
        addOnId: held,
        quantity: quantity - before,
        held: countingAddOns(state.addOns),
      });
      if (!may.ok) throw offerRefused(may);
    }
    if (quantity === before && !subscription.schedule && !subscription.pending_update) {
      throw offerRefused({ ok: false, code: 'current', reason: `You have ${before} × ${held}.` });
    }
    const change = { item, price: item.price.id, quantity, metadata: subscription.metadata };
    const act = quantity >= before ? changeNow : changeLater;
    return act(stripe, command, subscription, change);
  });
}
