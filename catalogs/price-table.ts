import {
  type AddOn,
  AUDIENCES,
  type Catalog,
  type Interval,
  isFor,
  type Plan,
  type PlanPrice,
  type Resources,
  UNLIMITED,
} from '#domain/catalog.ts';
import { countText, sizeText } from '#domain/size-words.ts';
import { type Column, markdownTable } from './markdown-table.ts';
import { formatMoney, formatUnitPrice } from './money.ts';

const NONE = '–';
/** Each plan stands in the table of those that it is for. */
const PLAN_TABLES: [heading: string, audiences: Plan['audiences']][] = [
  ['Personal plans', ['personal']],
  ['Organisation plans', ['organisation']],
  ['Plans for persons and organisations', ['personal', 'organisation']],
];
const INTERVALS = ['month', 'year'] as const;

/** The prices of a catalog as Markdown: tables of plans by audience, of add-ons, of boosters and of metered prices. */
export function priceTable(catalog: Catalog): string {
  const onSale = { plans: catalog.plans.filter(isOnSale), addOns: catalog.addOns.filter(isOnSale) };
  const sections = [
    ...PLAN_TABLES.map(([heading, audiences]) =>
      section(
        heading,
        onSale.plans.filter((plan) => AUDIENCES.every((each) => isFor(plan, each) === audiences.includes(each))),
        (plans) => planColumns(catalog, plans),
      ),
    ),
    ...(['add-on', 'booster'] as const).map((kind) =>
      section(
        kind === 'add-on' ? 'Add-ons' : 'Boosters',
        onSale.addOns.filter((addOn) => addOn.kind === kind),
        (addOns) => addOnColumns(catalog, addOns),
      ),
    ),
    section('Metered prices', catalog.metrics, () => [
      ['metric', ({ id }) => id],
      ['price', ({ unitPrice, unit }) => `${formatUnitPrice(unitPrice, catalog.currency)} per ${unit}`],
      ['included a month', ({ included }) => included],
      ['billed on', () => namesOf(onSale.plans.filter((plan) => plan.metered))],
    ]),
  ];
  return `${sections.filter((each) => each !== '').join('\n\n')}\n`;
}

function planColumns(catalog: Catalog, plans: Plan[]): Column<Plan>[] {
  const limits = [...new Set(plans.flatMap((plan) => Object.keys(plan.limits)))];
  const features = [...new Set(plans.flatMap((plan) => Object.keys(plan.features)))];
  const pooled = (part: keyof Resources | 'workspaces' | 'bandwidthGb') => (plan: Plan) => {
    const size = plan.pool?.[part];
    if (size === undefined) return NONE;
    return plan.custom && size !== UNLIMITED ? `from ${sizeText(part, size)}` : sizeText(part, size);
  };
  return [
    ['plan', ({ id }) => id],
    ...priceColumns(catalog, plans),
    ...(plans.some((plan) => plan.trialDays > 0)
      ? [['trial', ({ trialDays }) => (trialDays > 0 ? `${trialDays} days` : NONE)] satisfies Column<Plan>]
      : []),
    ['workspaces', pooled('workspaces')],
    ['memory', pooled('memoryMb')],
    ['CPU', pooled('cpuPercent')],
    ['storage', pooled('storageMb')],
    ...(plans.some((plan) => plan.pool?.bandwidthGb !== undefined)
      ? [['bandwidth a month', pooled('bandwidthGb')] satisfies Column<Plan>]
      : []),
    ...limits.map((name): Column<Plan> => {
      const isMonthly = plans.some((plan) => plan.limits[name]?.per === 'month');
      return [isMonthly ? `${name} a month` : name, (plan) => limitText(plan, name)];
    }),
    ...features.map((name): Column<Plan> => [name, (plan) => featureText(plan.features[name])]),
  ];
}

function addOnColumns(catalog: Catalog, addOns: AddOn[]): Column<AddOn>[] {
  const given = (part: keyof Resources) => (addOn: AddOn) => `+${sizeText(part, addOn.gives[part])}`;
  return [
    ['id', ({ id }) => id],
    ...priceColumns(catalog, addOns),
    ['memory', given('memoryMb')],
    ['CPU', given('cpuPercent')],
    ['storage', given('storageMb')],
    ['at most', ({ maxQuantity }) => (maxQuantity === UNLIMITED ? 'any number' : countText(maxQuantity))],
    ['on', ({ rules }) => rules.map(ruleText).join('; ')],
  ];
}

function priceColumns<Row extends { prices: PlanPrice[]; custom?: boolean }>(
  { currency }: Catalog,
  rows: Row[],
): Column<Row>[] {
  const used = INTERVALS.filter((each) => each === 'month' || rows.some(({ prices }) => priceBy(prices, each)));
  return used.map((interval) => [
    `a ${interval}`,
    ({ prices, custom }) => {
      const price = priceBy(prices, interval);
      if (price) return formatMoney(price.amountCents, currency);
      if (custom) return 'custom';
      return prices.length === 0 ? formatMoney(0, currency) : NONE;
    },
  ]);
}

function priceBy(prices: PlanPrice[], interval: Interval): PlanPrice | undefined {
  return prices.find((each) => each.interval === interval);
}

function limitText(plan: Plan, name: string): string {
  const limit = plan.limits[name];
  if (!limit) return NONE;
  const isSoft = limit.mode === 'track' && limit.limit !== UNLIMITED;
  return isSoft ? `${countText(limit.limit)} (not enforced)` : countText(limit.limit);
}

function featureText(feature: boolean | string | undefined): string {
  if (typeof feature === 'string') return feature;
  return feature ? 'yes' : 'no';
}

function ruleText({ on, resources, unlocks }: AddOn['rules'][number]): string {
  const does = resources === 'stack' ? 'added to the pool' : 'in place of the pool where more';
  const lifts = unlocks.length > 0 ? `, unlimited ${unlocks.join(', ')}` : '';
  return `${on.join(', ')}: ${does}${lifts}`;
}

function namesOf(rows: { id: string }[]): string {
  return rows.map(({ id }) => id).join(', ');
}

function isOnSale({ retired }: { retired: boolean }): boolean {
  return !retired;
}

function section<Row>(heading: string, rows: Row[], columnsFor: (rows: Row[]) => Column<Row>[]): string {
  if (rows.length === 0) return '';
  return markdownTable(heading, rows, columnsFor(rows));
}
