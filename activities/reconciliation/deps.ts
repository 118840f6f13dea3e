import type Stripe from 'stripe';
import type { SubscriptionActivities } from '#activities/contracts.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';

/** What operators watch of the reconciliation. */
export interface ReconciliationMetrics {
  eventsListed(count: number): void;
  eventMissing(type: string): void;
  accountCompared(): void;
  drift(kind: string): void;
  repaired(kind: string): void;
}

export interface ReconciliationDeps {
  prisma: PrismaClient;
  stripe: Stripe;
  readBilling: SubscriptionActivities['readBilling'];
  /** Whether the account's workflow runs. */
  isRunning(accountId: string): Promise<boolean>;
  /** Lets the account's workflow look at Stripe, and starts it when it does not run. */
  askToLook(accountId: string, hint: { eventId: string; type: string }): Promise<void>;
  metrics: ReconciliationMetrics;
  log: Logger;
  /** Pages of Stripe's events and accounts that are read in a second at most. An account takes three calls or more. Default 5. */
  perSecond?: number;
  /** What differs is believed when it still does after so long: until then a webhook may be on its way. Default 5,000. */
  confirmAfterMs?: number;
}
