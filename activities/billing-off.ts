import { ApplicationFailure } from '@temporalio/activity';
import type { Catalog } from '#domain/catalog.ts';
import { emptySnapshot } from '#domain/snapshot.ts';
import type { SubscriptionActivities } from './contracts.ts';
import type { ReconciliationActivities } from './reconciliation/contracts.ts';

/** What stands in for Stripe's activities while there is no key of Stripe. */
export function createBillingOffActivities({
  catalog,
}: {
  catalog: Catalog;
}): Pick<SubscriptionActivities, 'readBilling' | 'cancelSubscription' | 'endAddOn' | 'endDuplicate' | 'endBilling'> {
  return {
    async readBilling({ stripeCustomerId, now }) {
      // Nothing is guessed of what somebody has bought: such an account stays as it was.
      if (stripeCustomerId !== null) throw billingIsOff();
      return { snapshot: emptySnapshot(now), catalog };
    },
    async endBilling({ stripeCustomerId }) {
      if (stripeCustomerId !== null) throw billingIsOff();
      return { canceled: 0 };
    },
    cancelSubscription: refuse,
    endAddOn: refuse,
    endDuplicate: refuse,
  };
}

/** A reconciliation that is asked for without a key of Stripe ends at once, and says why. */
export const reconciliationOff: ReconciliationActivities = {
  beginRun: refuse,
  walkEvents: refuse,
  findCustomers: refuse,
  compareAccounts: refuse,
  checkRepairs: refuse,
  endRun: refuse,
};

async function refuse(): Promise<never> {
  throw billingIsOff();
}

function billingIsOff(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'Billing is off: the worker has no key of Stripe. Set STRIPE_SECRET_KEY and start it again.',
    'BillingOff',
  );
}
