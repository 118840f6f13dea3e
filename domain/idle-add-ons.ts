import type { AccountState, HeldAddOn } from './account-state.ts';
import { type Catalog, doesSomethingOn } from './catalog.ts';
import type { Effect, EndAddOnEffect } from './effect.ts';
import { addOnText } from './held-add-ons.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';

type Holding = Pick<AccountState, 'addOns' | 'plan' | 'standing'>;

/**
 * Add-ons that have become useless: the plan that they were bought for has gone, and on the one in force they do nothing.
 * Nobody goes on paying for that. Each ends with the period that is paid; one that is unpaid ends at once.
 *
 * Only the loss of the plan does this. What somebody buys for a plan on which it does nothing is left to them: they may be
 * about to upgrade.
 */
export function endIdleAddOns(
  before: Holding,
  after: Holding,
  now: Instant,
  catalog: Catalog,
): { effects: EndAddOnEffect[]; happened: Happened[] } {
  const lost = after.addOns.filter((held) => {
    const was = before.addOns.find((each) => each.subscriptionId === held.subscriptionId);
    return held.endsAt === null && was && !isIdle(was, before, catalog) && isIdle(held, after, catalog);
  });
  return {
    effects: lost.map(({ subscriptionId }) => ({
      kind: 'end-add-on',
      id: `end-add-on/${subscriptionId}/${now}`,
      emittedAt: now,
      readyWhen: 'now',
      droppedWhenDunningEnds: false,
      subscriptionId,
    })),
    happened: lost.map(({ subscriptionId, name, quantity }) => ({
      id: `add-on-idle/${subscriptionId}/${now}`,
      at: now,
      kind: 'add-on-idle',
      text: `${addOnText(name, quantity)} does nothing without the plan that it was bought for: it is not renewed.`,
    })),
  };
}

/** An outbox without the ends of add-ons that are of use again, or gone. */
export function withoutNeedlessEnds(outbox: readonly Effect[], account: Holding, catalog: Catalog): Effect[] {
  const isNeeded = ({ subscriptionId }: EndAddOnEffect) =>
    account.addOns.some((held) => held.subscriptionId === subscriptionId && isIdle(held, account, catalog));
  return outbox.filter((effect) => effect.kind !== 'end-add-on' || isNeeded(effect));
}

/** Whether an add-on does nothing for an account: no rule names the plan, or the account is canceled. */
function isIdle({ addOnId }: HeldAddOn, { plan, standing }: Holding, catalog: Catalog): boolean {
  const addOn = catalog.addOns.find((each) => each.id === addOnId);
  return standing === 'canceled' || !addOn || !doesSomethingOn(addOn, plan.id);
}
