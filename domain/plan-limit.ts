import {
  type AddOnRule,
  type Audience,
  type Catalog,
  isFor,
  isSelfService,
  type Plan,
  type PlanPrice,
  UNLIMITED,
} from './catalog.ts';
import type { Entitlements } from './entitlements.ts';

/** What lifts a limit. */
export interface LimitLift {
  kind: 'plan' | 'add-on';
  id: string;
  name: string;
}

/** A call of an account that is held against a limit. */
export interface LimitedCall {
  /** The account's own: its plan may be for several. */
  audience: Audience;
  entitlements: Entitlements;
  /** Name of the limit, for example `gateways`. */
  name: string;
  /** How much there is, or was used this month. */
  used: number;
  /** What the call would add. */
  more: number;
}

/** A call that would pass a limit: what an answer says of it. */
export interface PlanLimitError {
  /** Name of the limit, for example `gateways`. */
  limit: string;
  /** The most there may be. */
  max: number;
  used: number;
  /** What the call would have added. */
  asked: number;
  /** What lifts it, the plan first; empty when nothing that is sold does. */
  liftedBy: LimitLift[];
  /** For people: `Gateway limit reached. Upgrade to Pro.` */
  message: string;
}

export type LimitCheck = { ok: true } | { ok: false; error: PlanLimitError };

/**
 * Whether `more` of something fits under its limit. What is only tracked always does, and so does what the plan does not
 * count.
 */
export function checkLimit(catalog: Catalog, call: LimitedCall): LimitCheck {
  const { entitlements, name, used, more } = call;
  const limit = entitlements.limits[name];
  if (!limit || limit.mode === 'track' || limit.value === UNLIMITED || used + more <= limit.value) return { ok: true };
  const liftedBy = [...planThatLifts(catalog, call, limit.value), ...addOnThatUnlocks(catalog, call)];
  const message = `${singular(name)} limit reached. ${wayOut(liftedBy)}`;
  return { ok: false, error: { limit: name, max: limit.value, used, asked: more, liftedBy, message } };
}

/** The cheapest plan for the account's audience under which all of it fits. */
function planThatLifts(catalog: Catalog, call: LimitedCall, max: number): LimitLift[] {
  const { audience, entitlements, name } = call;
  const wanted = call.used + call.more;
  const fits = (plan: Plan) => {
    const limit = plan.limits[name]?.limit ?? UNLIMITED;
    return limit === UNLIMITED || (limit > max && limit >= wanted);
  };
  const plans = catalog.plans.filter((each) => each.id !== entitlements.planId && isFor(each, audience));
  return cheapest(
    'plan',
    plans.filter((each) => isSelfService(each) && fits(each)),
  );
}

function addOnThatUnlocks(catalog: Catalog, { audience, entitlements, name }: LimitedCall): LimitLift[] {
  const unlocks = ({ on, unlocks: names }: AddOnRule) => on.includes(entitlements.planId) && names.includes(name);
  const sold = catalog.addOns.filter((each) => isFor(each, audience) && !each.retired && each.prices.length > 0);
  return cheapest(
    'add-on',
    sold.filter((each) => each.rules.some(unlocks)),
  );
}

interface Priced {
  id: string;
  name: string;
  prices: Pick<PlanPrice, 'interval' | 'amountCents'>[];
}

/** The one that costs least by the month; none of none. */
export function cheapest(kind: LimitLift['kind'], list: readonly Priced[]): LimitLift[] {
  const [first] = list.toSorted((a, b) => monthlyCents(a) - monthlyCents(b));
  return first ? [{ kind, id: first.id, name: first.name }] : [];
}

function monthlyCents({ prices }: Priced): number {
  return Math.min(
    ...prices.map((price) => (price.interval === 'year' ? price.amountCents / 12 : price.amountCents)),
    prices.length === 0 ? 0 : Number.POSITIVE_INFINITY,
  );
}

/** What to do, for people: `Upgrade to Pro or add Micro.` */
export function wayOut(lifts: LimitLift[]): string {
  const ways = lifts.map(({ kind, name }) => (kind === 'plan' ? `upgrade to ${name}` : `add ${name}`));
  return `${capitalised(ways.join(' or ') || 'talk to us about more')}.`;
}

/** `gateways` is the `Gateway` limit, `apiCalls` the `Api call` limit. */
function singular(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .toLowerCase();
  return capitalised(words.replace(/ies$/, 'y').replace(/([^s])s$/, '$1'));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
