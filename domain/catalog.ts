/** A size, a count or a limit that has no end. */
export const UNLIMITED = -1;

/** Whose accounts there are, in the order in which they are listed. */
export const AUDIENCES = ['personal', 'organisation'] as const;
export type Audience = (typeof AUDIENCES)[number];
export type Interval = 'month' | 'year';

/** What workspaces may use. Sizes are binary: 1 GB is 1024 MB. `UNLIMITED` where there is no limit. */
export interface Resources {
  /** Memory in MB (MiB). */
  memoryMb: number;
  /** CPU in percent of one core: 50 is half a core, 200 is two. */
  cpuPercent: number;
  /** Data volumes in MB (MiB). */
  storageMb: number;
}

/** What one workspace may use: always a definite size. */
export type WorkspaceSize = Resources;

/** What all workspaces of an account may use together. */
export interface Pool extends Resources {
  /** How many workspaces there may be. */
  workspaces: number;
  /** Traffic a month in GB; absent where it is not counted. */
  bandwidthGb?: number;
}

/** A price at Stripe. */
export interface PlanPrice {
  interval: Interval;
  /** Integer minor units of the catalog's currency. */
  amountCents: number;
  /** Stripe price lookup key: how a price at Stripe is recognised as this one. */
  lookupKey: string;
  /** Ids of prices that exist already and count as this one, those of the environment included. */
  knownPriceIds: string[];
}

/** Something that is counted. */
export interface Limit {
  /** The most there may be, or `UNLIMITED`. */
  limit: number;
  /** `month`: counted from zero each month. `standing`: how many there are at a time. */
  per: 'month' | 'standing';
  /** `block`: what would pass the limit is refused. `track`: it is counted and let through. */
  mode: 'block' | 'track';
}

export interface Plan {
  id: string;
  name: string;
  /** Whose accounts can have it; never empty. */
  audiences: Audience[];
  /** Empty for a plan that nobody pays for, and for one that is agreed on by hand. */
  prices: PlanPrice[];
  /**
   * Of a custom plan: ids of prices at Stripe that were agreed on with customers, those of the environment included. Their
   * amounts are no business of the catalog. Empty for every other plan, whose prices have known ids of their own.
   */
  knownPriceIds: string[];
  /** Not self-service: agreed on with people. */
  custom: boolean;
  /** Kept by those who have it, bought by nobody any more. */
  retired: boolean;
  /** Days of trial for a first subscription; 0 for none. */
  trialDays: number;
  /** `null`: the plan has no workspaces (yet). */
  pool: Pool | null;
  /** Size of the first workspace. Absent: the whole pool. Required where the pool is unlimited. */
  defaultAllocation?: WorkspaceSize;
  /** Limits by name, for example `executions`. */
  limits: Record<string, Limit>;
  /** Features by name: switched on or off, or a word. */
  features: Record<string, boolean | string>;
  /** Whether the catalog's metered prices are billed on it. */
  metered: boolean;
  /** Metadata of the product at Stripe beside our own, for example the name of a pool's tier. */
  metadata: Record<string, string>;
}

/** What an add-on does on some plans. */
export interface AddOnRule {
  /** Ids of plans. */
  on: string[];
  /** `stack`: its resources are added to the plan's. `replace`: they take the place of the plan's, where they are more. */
  resources: 'stack' | 'replace';
  /** Names of limits that it lifts. */
  unlocks: string[];
}

/** A subscription beside the plan's that gives resources. */
export interface AddOn {
  id: string;
  name: string;
  kind: 'add-on' | 'booster';
  /** Whose accounts can have it; never empty. */
  audiences: Audience[];
  prices: PlanPrice[];
  gives: Resources;
  /** What it does on which plan. On a plan that no rule names it can't be bought. */
  rules: AddOnRule[];
  /** Most of them at once, or `UNLIMITED`. */
  maxQuantity: number;
  retired: boolean;
  /** Names by which metadata of existing subscriptions calls it, for example `BOOSTER_SMALL`. */
  aliases: string[];
  /** Metadata of the product at Stripe, for example `product_type`. */
  metadata: Record<string, string>;
}

/** Something that is billed by use. */
export interface Metric {
  id: string;
  name: string;
  /** For people: what one unit is, for example `GB-hour`. */
  unit: string;
  /** Price of one unit in major units of the currency, as a decimal string: `0.005`. */
  unitPrice: string;
  /** Units a month that cost nothing, as a decimal string. */
  included: string;
  /** Name of the meter's events at Stripe. */
  eventName: string;
  /** How Stripe makes one number of a period's events. */
  aggregation: 'sum' | 'last';
  lookupKey: string;
  knownPriceIds: string[];
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
  addOns: AddOn[];
  metrics: Metric[];
  /** The plan of an account without a subscription, by audience. */
  freePlans: Partial<Record<Audience, string>>;
  /** What a customer's own cancel ends in: the free plan, or stopped services. */
  onCancel: 'free-plan' | 'stop-services';
  /** What a pause of collection at Stripe means for access. */
  onCollectionPaused: 'keep-access' | 'hold';
  /** Order in which workspaces are shrunk when the pool does: the newest first, or the largest first. */
  onShrink: 'newest-first' | 'largest-first';
  /** Days from a closed account's last charge to the deletion of its data. */
  deleteClosedAfterDays: number;
  /**
   * Days from the deletion of a workspace by its owner to that of its data; 0 for at once. Default:
   * `DELETE_WORKSPACES_AFTER_DAYS`; what an older version has read lacks it.
   */
  deleteWorkspacesAfterDays?: number;
  dunning: DunningPolicy;
}

/** Days for which the data of a deleted workspace is kept where the catalog does not say. */
export const DELETE_WORKSPACES_AFTER_DAYS = 7;

/** Finds a plan; a catalog that lacks a plan in use is refused at start, so absence is a programming error. */
export function planOf(catalog: Catalog, planId: string): Plan {
  const plan = catalog.plans.find((each) => each.id === planId);
  if (!plan) throw new Error(`Catalog ${catalog.id} has no plan ${planId}.`);
  return plan;
}

/** The free plan of an audience. @throws Error when the catalog has none for it */
export function freePlanOf(catalog: Catalog, audience: Audience): Plan {
  const id = catalog.freePlans[audience];
  if (id === undefined) throw new Error(`Catalog ${catalog.id} has no free plan for ${audience} accounts.`);
  return planOf(catalog, id);
}

/**
 * The first plan of an audience that people can buy by themselves.
 *
 * @throws Error when the catalog has none
 */
export function firstPaidPlanOf(catalog: Catalog, audience: Audience): Plan {
  const plan = catalog.plans.find((each) => isFor(each, audience) && isSelfService(each) && each.prices.length > 0);
  if (!plan) throw new Error(`Catalog ${catalog.id} has no plan for ${audience} accounts that can be bought.`);
  return plan;
}

/** Whether accounts of an audience can have a plan or an add-on. */
export function isFor({ audiences }: Pick<Plan | AddOn, 'audiences'>, audience: Audience): boolean {
  return audiences.includes(audience);
}

/** Whether people can take a plan by themselves. */
export function isSelfService(plan: Plan): boolean {
  return !plan.custom && !plan.retired;
}

/** Whether an add-on does anything on a plan. */
export function doesSomethingOn(addOn: Pick<AddOn, 'rules'>, planId: string): boolean {
  return addOn.rules.some((rule) => rule.on.includes(planId));
}
