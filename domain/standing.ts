import type { Dunning, Standing } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import type { Cover } from './cover.ts';

/**
 * The one table from Stripe's status, the state of collection and the stage of dunning to the account's standing.
 * Statuses: https://docs.stripe.com/api/subscriptions/object#subscription_object-status
 *
 * @param before the standing so far: a status that Stripe adds one day changes nothing by itself
 */
export function standingOf(
  { governing, hasEnded, isFreeRide }: Cover,
  dunning: Dunning | null,
  before: Standing,
  catalog: Pick<Catalog, 'onCancel' | 'onCollectionPaused'>,
): Standing {
  if (dunning?.stage === 'canceled' || dunning?.stage === 'deleted') return 'canceled';
  if (!governing) return hasEnded && catalog.onCancel === 'stop-services' ? 'canceled' : 'free';
  if (governing.collectionPaused && catalog.onCollectionPaused === 'hold') return 'paused';
  if (isFreeRide) return 'incomplete';
  switch (governing.status) {
    case 'active':
      return 'active';
    case 'trialing':
      return 'trialing';
    case 'incomplete':
      return 'incomplete';
    case 'paused':
      return 'paused';
    case 'past_due':
    case 'unpaid':
      return dunning ? standingInDunning(dunning) : 'active';
    default:
      if (dunning) return standingInDunning(dunning);
      return before === 'grace' || before === 'suspended' ? 'active' : before;
  }
}

function standingInDunning(dunning: Dunning): Standing {
  return dunning.stage === 'suspended' ? 'suspended' : 'grace';
}
