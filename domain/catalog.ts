/** What a workspace may use. Sizes are binary: 1 GB is 1024 MB. */
export interface WorkspaceSize {
  /** Memory limit in MB (MiB). */
  memoryMb: number;
  /** CPU limit in percent of one core: 50 is half a core, 200 is two. */
  cpuPercent: number;
  /** Size of the data volume in MB (MiB). */
  storageMb: number;
}

export interface PlanPrice {
  interval: 'month' | 'year';
  /** Integer minor units of the catalog's currency. */
  amountCents: number;
  /** Stripe price lookup key: how a price at Stripe is recognised as this one. */
  lookupKey: string;
}

export interface Plan {
  id: string;
  name: string;
  /** Empty for a plan that nobody pays for. */
  prices: PlanPrice[];
  workspace: WorkspaceSize;
}

/** What happens, and when, after a renewal that could not be paid. Days count from the first failure, in 24-hour steps. */
export interface DunningPolicy {
  /** Days on which the customer is told, ascending, all before `suspendAfterDays`; `0` is the day of the failure. */
  reminderDays: number[];
  /** Workspaces stop, data stays. */
  suspendAfterDays: number;
  /** Nobody is suspended sooner than this after we first learnt of the failure, however late that was. */
  minimumNoticeDays: number;
  /** The subscription is cancelled at Stripe. */
  cancelAfterDays: number;
  /** Open invoices of the subscription are voided when it is cancelled. */
  voidOpenInvoicesOnCancel: boolean;
  /** Days on which the coming deletion is announced, ascending, between cancellation and deletion. */
  deletionWarningDays: number[];
  /** Data is deleted, never earlier. */
  deleteAfterDays: number;
}

/** A product's plans and promises. Data: the engine knows no plan by name. */
export interface Catalog {
  id: string;
  name: string;
  /** ISO 4217 code in lower case, as Stripe writes it. */
  currency: string;
  plans: Plan[];
  /** The plan of an account without a subscription. */
  freePlanId: string;
  /** What a customer's own cancel ends in: the free plan, or stopped services. */
  onCancel: 'free-plan' | 'stop-services';
  /** What a pause of collection at Stripe means for access. */
  onCollectionPaused: 'keep-access' | 'hold';
  dunning: DunningPolicy;
}

/** Finds a plan; a catalog that lacks a plan in use is refused at start, so absence is a programming error. */
export function planOf(catalog: Catalog, planId: string): Plan {
  const plan = catalog.plans.find((each) => each.id === planId);
  if (!plan) throw new Error(`Catalog ${catalog.id} has no plan ${planId}.`);
  return plan;
}
