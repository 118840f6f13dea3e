import {
  type AddOn,
  type AddOnRule,
  type Catalog,
  type Limit,
  type Plan,
  type Pool,
  planOf,
  type Resources,
  UNLIMITED,
} from './catalog.ts';
import { countText, sizeText } from './size-words.ts';

/** What an account has bought that counts now: subscriptions in good standing, or in grace. */
export interface Holdings {
  planId: string;
  addOns: { id: string; quantity: number }[];
}

/** What support gave beside what was bought. */
export interface Override {
  id: string;
  /** For people: why. */
  reason: string;
  /** Added to the pool. */
  pool?: Partial<Pool>;
  /** Take the place of the limits of these names. */
  limits?: Record<string, number>;
  features?: Record<string, boolean | string>;
  /** ISO instant at which it ends; `null` for never. */
  until: string | null;
}

/** A number or a word with its reason: `2 GB = PRO 1 GB + MICRO 1 GB`. */
export interface Explained<T> {
  value: T;
  because: string;
}

/** What an account may use. */
export interface Entitlements {
  planId: string;
  /** `null`: no workspaces. */
  pool:
    | ({ [Name in keyof Required<Resources>]: Explained<number> } & {
        workspaces: Explained<number>;
        bandwidthGb?: Explained<number>;
      })
    | null;
  limits: Record<string, Explained<number> & Pick<Limit, 'per' | 'mode'>>;
  features: Record<string, Explained<boolean | string>>;
}

/** An add-on that is held, with what it does on the plan in force. */
interface Held {
  addOn: AddOn;
  quantity: number;
  rule: AddOnRule;
}

/** A summand of a size. */
interface Part {
  value: number;
  /** Who gives it: `PRO`, `2 × MICRO`, `support`. */
  name: string;
  /** The whole summand for people: `2 × MICRO 1 GB`. */
  text: string;
}

/**
 * What an account may use: the plan's, what its add-ons add, take the place of or unlock, and what support gave. Pure.
 *
 * An add-on that the catalog no longer knows, or that does nothing on this plan, gives nothing. `UNLIMITED` wins over any
 * number, whoever gives it.
 *
 * @param now overrides that ended by then give nothing
 * @throws Error when the catalog lacks the plan
 */
export function entitlementsOf(catalog: Catalog, holdings: Holdings, overrides: Override[], now: string): Entitlements {
  const plan = planOf(catalog, holdings.planId);
  const held = heldOn(plan, holdings, catalog);
  const given = overrides.filter((each) => each.until === null || each.until > now);
  return {
    planId: plan.id,
    pool: poolOf(plan, held, given),
    limits: limitsOf(catalog, plan, held, given),
    features: featuresOf(plan, given),
  };
}

/** The numbers of a pool alone. */
export function poolSizeOf({ pool }: Entitlements): Pool | null {
  if (!pool) return null;
  return {
    memoryMb: pool.memoryMb.value,
    cpuPercent: pool.cpuPercent.value,
    storageMb: pool.storageMb.value,
    workspaces: pool.workspaces.value,
    ...(pool.bandwidthGb ? { bandwidthGb: pool.bandwidthGb.value } : {}),
  };
}

/** Add-ons that do something on a plan, each once with all that is held of it, in the catalog's order. */
function heldOn(plan: Plan, holdings: Holdings, catalog: Catalog): Held[] {
  return catalog.addOns.flatMap((addOn) => {
    const quantity = holdings.addOns.reduce((sum, each) => sum + (each.id === addOn.id ? each.quantity : 0), 0);
    const rule = addOn.rules.find((each) => each.on.includes(plan.id));
    return quantity > 0 && rule ? [{ addOn, quantity, rule }] : [];
  });
}

function poolOf(plan: Plan, held: Held[], given: Override[]): Entitlements['pool'] {
  const isGranted = given.some((each) => each.pool !== undefined);
  if (plan.pool === null && held.length === 0 && !isGranted) return null;
  const resource = (part: keyof Resources) => {
    const giving = (how: AddOnRule['resources']) =>
      held.filter(({ rule }) => rule.resources === how).map((each) => partOfAddOn(part, each));
    const ofPlan = plan.pool === null ? [] : [partOfPlan(part, plan, plan.pool[part])];
    return explain(part, ofPlan, giving('replace'), [...giving('stack'), ...partsOfSupport(part, given)]);
  };
  const plain = (part: 'workspaces' | 'bandwidthGb', value: number) =>
    explain(part, [partOfPlan(part, plan, value)], [], partsOfSupport(part, given));
  const isBandwidthCounted = plan.pool?.bandwidthGb !== undefined || partsOfSupport('bandwidthGb', given).length > 0;
  return {
    memoryMb: resource('memoryMb'),
    cpuPercent: resource('cpuPercent'),
    storageMb: resource('storageMb'),
    // What an add-on gives where the plan has no workspace is for one.
    workspaces: plain('workspaces', plan.pool?.workspaces ?? (held.length > 0 ? 1 : 0)),
    ...(isBandwidthCounted ? { bandwidthGb: plain('bandwidthGb', plan.pool?.bandwidthGb ?? 0) } : {}),
  };
}

/** @param replacing what takes the place of `base`, all together, where it is more */
function explain(part: keyof Pool, base: Part[], replacing: Part[], added: Part[]): Explained<number> {
  const endless = [...base, ...replacing, ...added].find(({ value }) => value === UNLIMITED);
  if (endless) return { value: UNLIMITED, because: `unlimited: ${endless.name}` };
  const isReplaced = replacing.length > 0 && total(replacing) > total(base);
  const parts = [...(isReplaced ? replacing : base), ...added];
  const value = total(parts);
  const replaced = isReplaced ? base.map(({ text }) => `, in place of ${text}`).join('') : '';
  const sum = parts.map(({ text }) => text).join(' + ') || 'nothing';
  return { value, because: `${sizeText(part, value)} = ${sum}${replaced}` };
}

function partOfPlan(part: keyof Pool, plan: Plan, value: number): Part {
  return { value, name: plan.id, text: `${plan.id} ${sizeText(part, value)}` };
}

function partOfAddOn(part: keyof Resources, { addOn, quantity }: Held): Part {
  const one = addOn.gives[part];
  const name = quantity === 1 ? addOn.id : `${quantity} × ${addOn.id}`;
  return { value: one === UNLIMITED ? UNLIMITED : quantity * one, name, text: `${name} ${sizeText(part, one)}` };
}

function partsOfSupport(part: keyof Pool, given: Override[]): Part[] {
  return given.flatMap(({ pool, reason }) => {
    const value = pool?.[part] ?? 0;
    return value === 0
      ? []
      : [{ value, name: `support (${reason})`, text: `support ${sizeText(part, value)} (${reason})` }];
  });
}

function total(parts: Part[]): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function limitsOf(catalog: Catalog, plan: Plan, held: Held[], given: Override[]): Entitlements['limits'] {
  const names = new Set([...Object.keys(plan.limits), ...given.flatMap((each) => Object.keys(each.limits ?? {}))]);
  return Object.fromEntries(
    [...names].map((name) => {
      const { limit, per, mode } = plan.limits[name] ?? { ...likeElsewhere(catalog, name), limit: UNLIMITED };
      return [name, { ...limitOf(name, plan, limit, held, given), per, mode }];
    }),
  );
}

function limitOf(name: string, plan: Plan, limit: number, held: Held[], given: Override[]): Explained<number> {
  const grants = given.flatMap((each) =>
    each.limits?.[name] === undefined ? [] : { ...each, value: each.limits[name] },
  );
  const unlocking = held.find(({ rule }) => rule.unlocks.includes(name));
  const isOfPlan = Object.hasOwn(plan.limits, name);
  if (isOfPlan && limit === UNLIMITED) return { value: UNLIMITED, because: `unlimited: ${plan.id}` };
  if (unlocking) return { value: UNLIMITED, because: `unlimited: ${unlocking.addOn.id} unlocks ${name}` };
  const grant = grants.find(({ value }) => value === UNLIMITED) ?? grants.at(-1);
  if (!grant) return { value: limit, because: `${countText(limit)} = ${plan.id} ${countText(limit)}` };
  if (grant.value === UNLIMITED) return { value: UNLIMITED, because: `unlimited: support (${grant.reason})` };
  const replaced = isOfPlan ? `, in place of ${plan.id} ${countText(limit)}` : '';
  const number = countText(grant.value);
  return { value: grant.value, because: `${number} = support ${number} (${grant.reason})${replaced}` };
}

/** How other plans count what this one does not; refused at the limit when none does. */
function likeElsewhere(catalog: Catalog, name: string): Pick<Limit, 'per' | 'mode'> {
  const elsewhere = catalog.plans.find((each) => Object.hasOwn(each.limits, name))?.limits[name];
  return elsewhere ? { per: elsewhere.per, mode: elsewhere.mode } : { per: 'standing', mode: 'block' };
}

function featuresOf(plan: Plan, given: Override[]): Entitlements['features'] {
  const features: Entitlements['features'] = {};
  for (const [name, value] of Object.entries(plan.features)) features[name] = { value, because: plan.id };
  for (const { features: granted = {}, reason } of given) {
    for (const [name, value] of Object.entries(granted)) features[name] = { value, because: `support (${reason})` };
  }
  return features;
}
