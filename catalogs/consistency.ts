import { type AddOn, AUDIENCES, type Catalog, isFor, type Plan, type Resources, UNLIMITED } from '#domain/catalog.ts';
import { sizeText } from '#domain/size-words.ts';
import type { Refuse } from './to-catalog.ts';

const SIZES = [
  ['memory', 'memoryMb'],
  ['cpu', 'cpuPercent'],
  ['storage', 'storageMb'],
] as const satisfies [string, keyof Resources][];

/** Checks what one part of a catalog says of another. */
export function checkConsistency(catalog: Catalog, refuse: Refuse): void {
  checkNames(catalog, refuse);
  checkFreePlans(catalog, refuse);
  catalog.plans.forEach((plan, index) => {
    checkSale(catalog, plan, ['plans', index], refuse);
    checkAllocation(plan, ['plans', index], refuse);
  });
  checkLimits(catalog, refuse);
  catalog.addOns.forEach((addOn, index) => {
    checkAddOn(catalog, addOn, ['addOns', index], refuse);
  });
  checkMetering(catalog, refuse);
  checkDunning(catalog, refuse);
}

type Place = (string | number)[];

function checkNames({ plans, addOns, metrics }: Catalog, refuse: Refuse): void {
  const custom = plans.map(({ knownPriceIds }, index) => ({ knownPriceIds, place: ['plans', index] as Place }));
  const priced = [
    ...plans.map((plan, index) => ({ place: ['plans', index] as Place, prices: plan.prices })),
    ...addOns.map((addOn, index) => ({ place: ['addOns', index] as Place, prices: addOn.prices })),
  ].flatMap(({ place, prices }) => prices.map((price, index) => ({ ...price, place: [...place, 'prices', index] })));
  const metered = metrics.map((metric, index) => ({ ...metric, place: ['metrics', index] as Place }));
  const unique = (what: string, names: [string, Place][]) => {
    const seen = new Set<string>();
    for (const [name, place] of names) {
      if (seen.has(name)) refuse(place, `the ${what} ${name} occurs twice; give each its own`);
      seen.add(name);
    }
  };
  unique('id', [
    ...plans.map(({ id }, index): [string, Place] => [id, ['plans', index, 'id']]),
    ...addOns.flatMap(({ id, aliases }, index): [string, Place][] => [
      [id, ['addOns', index, 'id']],
      ...aliases.map((alias, nth): [string, Place] => [alias, ['addOns', index, 'aliases', nth]]),
    ]),
  ]);
  unique(
    'metric',
    metered.map(({ id, place }) => [id, [...place, 'id']]),
  );
  unique(
    'event name',
    metered.map(({ eventName, place }) => [eventName, [...place, 'eventName']]),
  );
  unique(
    'lookup key',
    [...priced, ...metered].map(({ lookupKey, place }) => [lookupKey, [...place, 'lookupKey']]),
  );
  unique(
    'price id',
    [...custom, ...priced, ...metered].flatMap(({ knownPriceIds, place }) =>
      knownPriceIds.map((id): [string, Place] => [id, [...place, 'knownPriceIds']]),
    ),
  );
}

function checkFreePlans({ plans, freePlans }: Catalog, refuse: Refuse): void {
  for (const audience of AUDIENCES) {
    if (freePlans[audience] !== undefined || !plans.some((plan) => isFor(plan, audience))) continue;
    refuse(
      ['freePlans', audience],
      `is missing, but there are ${audience} plans; name the plan of an account without a subscription`,
    );
  }
  for (const audience of AUDIENCES) {
    const id = freePlans[audience];
    if (id === undefined) continue;
    const place = ['freePlans', audience];
    const plan = plans.find((each) => each.id === id);
    const free = plans.filter((each) => isFor(each, audience) && each.prices.length === 0 && !each.custom);
    const choice = free.length > 0 ? `name one of ${listed(free)}` : `add a plan without prices for it`;
    if (!plan) refuse(place, `no plan has the id ${id}; ${choice}`);
    else if (!isFor(plan, audience)) refuse(place, `${id} is a plan for ${accountsOf(plan)}; ${choice}`);
    else if (plan.custom || plan.prices.length > 0) refuse(place, `${id} is not free; ${choice}`);
    else if (plan.retired) refuse(place, `${id} is retired, and new accounts need a plan; name another, or keep it`);
  }
}

function checkSale({ freePlans }: Catalog, plan: Plan, place: Place, refuse: Refuse): void {
  checkIntervals(plan.prices, place, refuse);
  if (plan.custom && plan.prices.length > 0) {
    refuse([...place, 'prices'], `${plan.id} is custom, so nobody buys it; remove its prices, or custom`);
  }
  if (plan.trialDays > 0 && plan.prices.length === 0) {
    refuse(
      [...place, 'trialDays'],
      `${plan.id} has no price, so there is nothing to try; remove trialDays, or add a price`,
    );
  }
  if (plan.prices.length > 0 || plan.custom || plan.retired) return;
  // An audience without a free plan is refused by itself.
  const without = plan.audiences.filter((each) => freePlans[each] !== undefined && freePlans[each] !== plan.id);
  if (without.length === 0) return;
  if (without.length === plan.audiences.length) {
    refuse(
      place,
      `nobody can get ${plan.id}: it has no price and is not the free plan; add a price, or write custom: true`,
    );
    return;
  }
  refuse(
    [...place, 'audiences'],
    `${accountsOf({ audiences: without })} can't get ${plan.id}: it has no price and is not their free plan; name it in freePlans, or take ${without.join(', ')} out`,
  );
}

function checkIntervals(prices: Plan['prices'], place: Place, refuse: Refuse): void {
  prices.forEach(({ interval }, index) => {
    if (prices.findIndex((each) => each.interval === interval) === index) return;
    refuse([...place, 'prices', index, 'interval'], `there are two prices by the ${interval}; keep one of them`);
  });
}

function checkAllocation({ id, pool, defaultAllocation }: Plan, place: Place, refuse: Refuse): void {
  if (!pool) {
    if (defaultAllocation) refuse([...place, 'defaultAllocation'], `${id} has no pool to take it from; remove it`);
    return;
  }
  const endless = SIZES.filter(([, size]) => pool[size] === UNLIMITED).map(([name]) => name);
  if (!defaultAllocation) {
    if (endless.length > 0) {
      refuse(
        [...place, 'pool'],
        `${endless.join(', ')} of ${id} has no end; add a defaultAllocation, the size of the first workspace`,
      );
    }
    return;
  }
  for (const [name, size] of SIZES) {
    if (pool[size] === UNLIMITED || defaultAllocation[size] <= pool[size]) continue;
    refuse(
      [...place, 'defaultAllocation', name],
      `${sizeText(size, defaultAllocation[size])} does not fit the pool; write ${sizeText(size, pool[size])} at most`,
    );
  }
}

/** A limit that a plan forgot would read as none at all; so plans of one audience name the same ones, alike counted. */
function checkLimits({ plans }: Catalog, refuse: Refuse): void {
  const refused = new Set<string>();
  // What is wrong on a plan for both audiences is wrong once.
  const refuseOnce = (place: Place, message: string) => {
    if (!refused.has(place.join('.'))) refuse(place, message);
    refused.add(place.join('.'));
  };
  for (const audience of AUDIENCES) {
    const known = new Map<string, { plan: string; per: string }>();
    for (const plan of plans.filter((each) => isFor(each, audience))) {
      for (const [name, { per }] of Object.entries(plan.limits)) {
        if (!known.has(name)) known.set(name, { plan: plan.id, per });
      }
    }
    plans.forEach((plan, index) => {
      if (!isFor(plan, audience)) return;
      for (const [name, first] of known) {
        const limit = plan.limits[name];
        if (!limit) {
          refuseOnce(
            ['plans', index, 'limits', name],
            `${plan.id} does not say its limit of ${name}, which ${first.plan} has; write one, or limit: unlimited`,
          );
        } else if (limit.per !== first.per) {
          refuseOnce(
            ['plans', index, 'limits', name, 'per'],
            `${name} is counted per ${limit.per} here and per ${first.per} on ${first.plan}; write the same for both`,
          );
        }
      }
    });
  }
}

function checkAddOn({ plans }: Catalog, addOn: AddOn, place: Place, refuse: Refuse): void {
  checkIntervals(addOn.prices, place, refuse);
  if (addOn.prices.length === 0) refuse([...place, 'prices'], `${addOn.id} has no price; add one`);
  const audiencePlans = plans.filter((plan) => addOn.audiences.some((audience) => isFor(plan, audience)));
  const seen = new Set<string>();
  for (const [index, rule] of addOn.rules.entries()) {
    for (const [nth, planId] of rule.on.entries()) {
      const at = [...place, 'rules', index, 'on', nth];
      const plan = audiencePlans.find((each) => each.id === planId);
      if (!plan) {
        refuse(at, `there is no plan ${planId} for ${accountsOf(addOn)}; name one of ${listed(audiencePlans)}`);
        continue;
      }
      if (seen.has(planId)) refuse(at, `${planId} occurs twice; keep it in one rule`);
      seen.add(planId);
      if (!plan.pool) refuse(at, `${planId} has no pool to add to; remove it here, or give the plan a pool`);
      for (const name of rule.unlocks.filter((each) => !(each in plan.limits))) {
        const choice = Object.keys(plan.limits).join(', ');
        refuse(
          [...place, 'rules', index, 'unlocks'],
          `${planId} has no limit ${name}; ${choice ? `name one of ${choice}` : 'remove it, or give the plan the limit'}`,
        );
      }
    }
  }
}

function checkMetering({ plans, metrics }: Catalog, refuse: Refuse): void {
  plans.forEach((plan, index) => {
    if (!plan.metered) return;
    const place = ['plans', index, 'metered'];
    if (metrics.length === 0) refuse(place, 'there are no metrics to bill; add metrics, or remove metered');
    if (plan.prices.length === 0 && !plan.custom) {
      refuse(place, `${plan.id} has no subscription to bill on; add a price, or remove metered`);
    }
  });
  if (metrics.length > 0 && plans.every((plan) => !plan.metered)) {
    refuse(['metrics'], 'no plan is metered, so nobody is billed; write metered: true on a plan, or remove metrics');
  }
}

function checkDunning({ dunning }: Catalog, refuse: Refuse): void {
  if (!isAscending([...dunning.reminderDays, dunning.suspendAfterDays])) {
    refuse(
      ['dunning', 'reminderDays'],
      `must ascend and lie before suspendAfterDays; write days from 0 to ${dunning.suspendAfterDays - 1}, each once`,
    );
  }
  if (dunning.cancelAfterDays <= dunning.suspendAfterDays) {
    refuse(
      ['dunning', 'cancelAfterDays'],
      `must lie after suspendAfterDays; write ${dunning.suspendAfterDays + 1} or more`,
    );
  } else if (dunning.deleteAfterDays <= dunning.cancelAfterDays) {
    refuse(
      ['dunning', 'deleteAfterDays'],
      `must lie after cancelAfterDays; write ${dunning.cancelAfterDays + 1} or more`,
    );
  } else if (!isAscending([dunning.cancelAfterDays, ...dunning.deletionWarningDays, dunning.deleteAfterDays])) {
    refuse(
      ['dunning', 'deletionWarningDays'],
      `must ascend and lie between cancelAfterDays and deleteAfterDays; write days from ${dunning.cancelAfterDays + 1} to ${dunning.deleteAfterDays - 1}, each once`,
    );
  }
}

function accountsOf({ audiences }: Pick<Plan, 'audiences'>): string {
  return `${audiences.join(' and ')} accounts`;
}

function listed(plans: Plan[]): string {
  return plans.map((plan) => plan.id).join(', ') || '(none)';
}

function isAscending(values: number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? Number.NEGATIVE_INFINITY));
}
