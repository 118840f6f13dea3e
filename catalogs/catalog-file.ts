import { z } from 'zod';
import { DELETE_WORKSPACES_AFTER_DAYS } from '#domain/catalog.ts';
import { SIZE_PATTERN, toMb } from './size.ts';

const UNLIMITED_WORD = 'unlimited';

/** Says of a value what it is not, or that it is missing; `what` names the thing and gives an example. */
function expected(what: string) {
  return {
    error: ({ input }: { input?: unknown }) =>
      input === undefined ? `is missing; write ${what}` : `${JSON.stringify(input)} is not ${what}`,
  };
}

/** An object of these fields and no others. */
function fields<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `is no field of ${what}; remove it, or write one of ${known}`
        : expected(`${what} with the fields ${known}`).error(issue),
  });
}

function list<Item extends z.ZodType>(what: string, item: Item) {
  return z.array(item, expected(`a list of ${what}`));
}

function flag(describe: string) {
  return z.boolean(expected('true or false')).describe(describe);
}

function oneOf<const Words extends [string, ...string[]]>(...words: Words) {
  return z.enum(words, expected(`one of ${words.join(', ')}`));
}

function matching(pattern: RegExp, what: string) {
  return z.string(expected(what)).regex(pattern, expected(what));
}

function whole(least: number, what: string) {
  return z.int(expected(what)).min(least, expected(what));
}

function orUnlimited<Bounded extends z.ZodType<number>>(bounded: Bounded, what: string) {
  return z
    .union([bounded, z.literal(-1), z.literal(UNLIMITED_WORD)], expected(what))
    .transform((written) => (written === UNLIMITED_WORD ? -1 : written));
}

const SIZE = 'a size such as 512 MB or 2 GB';
const CORES = 'a number of cores such as 0.5 or 2, in hundredths at the finest';

const writtenSize = matching(SIZE_PATTERN, SIZE).refine(
  (written) => !SIZE_PATTERN.test(written) || (toMb(written) > 0 && Number.isInteger(toMb(written))),
  expected(`${SIZE}, of whole MB and more than nothing`),
);
const size = z
  .union([whole(1, SIZE), writtenSize], expected(SIZE))
  .transform(toMb)
  .describe('512 MB, 2 GB or a number of MB; 1 GB is 1024 MB');
const sizeOrUnlimited = z
  .union([z.literal(UNLIMITED_WORD), z.literal(-1), whole(1, SIZE), writtenSize], expected(`${SIZE}, or unlimited`))
  .transform(toMb)
  .describe('512 MB, 2 GB, a number of MB, or unlimited; 1 GB is 1024 MB');
const boundedCores = z
  .number(expected(CORES))
  .min(0.01, expected(CORES))
  .refine((cores) => Number.isInteger(Math.round(cores * 1e6) / 1e4), expected(CORES));
const cores = boundedCores.transform(toPercent).describe('Cores: 0.5 is half a core');
const coresOrUnlimited = z
  .union([z.literal(UNLIMITED_WORD), z.literal(-1), boundedCores], expected(`${CORES}, or unlimited`))
  .transform((written) => (typeof written === 'string' || written === -1 ? -1 : toPercent(written)))
  .describe('Cores, or unlimited: 0.5 is half a core');
const COUNT = 'a whole number, or unlimited';
const count = (least: number) => orUnlimited(whole(least, COUNT), COUNT);
const day = whole(0, 'a whole number of days, 0 or more');
const days = list('days, for example [0, 3, 6]', day);

const id = matching(/^[A-Za-z0-9_-]{1,60}$/, 'an id of letters, digits, _ and -, for example PRO');
const name = matching(/\S/, 'a name for people');
const word = matching(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name such as executions: a letter, then letters, digits and _');
const audience = oneOf('personal', 'organisation');
const decimal = (example: string) =>
  matching(/^\d{1,12}(\.\d{1,12})?$/, `an amount in quotes and in major units, for example "${example}"`);
const lookupKey = matching(/^\S{1,200}$/, 'a lookup key without spaces, 200 characters at most');

const audiences = {
  audience: audience.optional().describe('Whose accounts can have it, when it is for one audience. Default: personal'),
  audiences: list('audiences', audience)
    .min(1, expected('a list such as [personal, organisation]'))
    .optional()
    .describe('Whose accounts can have it, when it is for several: [personal, organisation]'),
};

const knownPrices = {
  knownPriceIds: list(
    'price ids',
    matching(/^(price|plan)_[A-Za-z0-9_]+$/, 'an id of a price at Stripe, which begins with price_'),
  )
    .default([])
    .describe('Ids of prices that exist at Stripe already and count as this one, or as this custom plan'),
  knownPriceIdsFrom: list(
    'names of environment variables',
    matching(/^[A-Z][A-Z0-9_]*$/, 'the name of an environment variable, for example STRIPE_PRICE_PRO'),
  )
    .default([])
    .describe('Environment variables that hold such ids; one that is not set is passed over'),
};

const stripePrice = {
  lookupKey: lookupKey
    .optional()
    .describe('Lookup key of the price at Stripe. Default: <catalog>_<plan>_<interval> in lower case'),
  ...knownPrices,
};

const prices = list(
  'prices',
  fields('a price', {
    interval: oneOf('month', 'year'),
    amount: decimal('9.00').describe('In major units of the currency, as text: "9" or "9.00"'),
    ...stripePrice,
  }),
);

const metadata = z
  .record(
    z.string().min(1).max(40),
    z.string(expected('text; put numbers in quotes')).max(500, expected('a text of 500 characters at most')),
    { error: (issue) => (issue.code === 'invalid_key' ? 'is too long a name; Stripe takes 40 characters' : undefined) },
  )
  .default({})
  .describe('Metadata of the product at Stripe');

function named<Value extends z.ZodType>(value: Value) {
  return z
    .record(word, value, {
      error: (issue) =>
        issue.code === 'invalid_key'
          ? 'is no name; write a letter, then letters, digits and _'
          : expected('names with their values').error(issue),
    })
    .default({});
}

const workspaceSize = fields('a size of a workspace', { memory: size, cpu: cores, storage: size });

const plan = fields('a plan', {
  id,
  name,
  ...audiences,
  prices: prices.default([]).describe('Empty for a free plan, and for one that is agreed on by hand'),
  custom: flag('Agreed on with people, not bought').default(false),
  ...knownPrices,
  retired: flag('Kept by those who have it, bought by nobody any more').default(false),
  trialDays: day.default(0).describe('Days of trial for a first subscription'),
  pool: fields('a pool', {
    memory: sizeOrUnlimited,
    cpu: coresOrUnlimited,
    storage: sizeOrUnlimited,
    workspaces: count(1).default(1).describe('How many workspaces there may be'),
    bandwidthGb: count(1).optional().describe('Traffic a month in GB; left out where it is not counted'),
  })
    .nullable()
    .describe('What all workspaces may use together; null for a plan without workspaces'),
  defaultAllocation: workspaceSize.optional().describe('Size of the first workspace. Default: the whole pool'),
  limits: named(
    fields('a limit', {
      limit: count(0),
      per: oneOf('month', 'standing').default('standing'),
      mode: oneOf('block', 'track').default('block'),
    }),
  ).describe('What is counted: block refuses what would pass the limit, track lets it through'),
  features: named(z.union([z.boolean(), z.string()], expected('true, false or a word'))).describe(
    'What is on or off, or a word',
  ),
  metered: flag("Whether the catalog's metrics are billed").default(false),
  metadata,
});

const addOn = fields('an add-on', {
  id,
  name,
  kind: oneOf('add-on', 'booster').default('add-on'),
  ...audiences,
  prices,
  gives: workspaceSize,
  rules: list(
    'rules',
    fields('a rule', {
      on: list('ids of plans', id).min(1, expected('a list with one plan at least')),
      resources: oneOf('stack', 'replace')
        .default('stack')
        .describe("stack: added to the plan's; replace: in their place, where more"),
      unlocks: list('names of limits', word).default([]).describe('Limits that it lifts'),
    }),
  )
    .min(1, expected('a list with one rule at least: without one nobody can buy it'))
    .describe('What it does on which plan; on other plans it can not be bought'),
  maxQuantity: count(1).default(-1).describe('Most of them at once'),
  retired: flag('Kept by those who have it, bought by nobody any more').default(false),
  aliases: list('names', id).default([]).describe('Names by which existing subscriptions call it'),
  metadata,
});

const metric = fields('a metric', {
  id,
  name,
  unit: matching(/\S/, 'the name of one unit, for example GB-hour'),
  unitPrice: decimal('0.005').describe('Price of one unit in major units, as text: "0.005"'),
  included: decimal('100').default('0').describe('Units a month that cost nothing, as text'),
  eventName: matching(/^\S{1,100}$/, 'a name without spaces, 100 characters at most')
    .optional()
    .describe("Name of the meter's events at Stripe. Default: <catalog>_<metric> in lower case"),
  aggregation: oneOf('sum', 'last').default('sum'),
  ...stripePrice,
});

const positiveDay = whole(1, 'a whole number of days, 1 or more');

const dunning = fields('a dunning policy', {
  reminderDays: days.describe('Days after the first failure on which the customer is told'),
  suspendAfterDays: positiveDay.describe('Workspaces stop, data stays'),
  minimumNoticeDays: day.describe('Nobody is suspended sooner than this after we first learnt of the failure'),
  cancelAfterDays: positiveDay.describe('The subscription is cancelled at Stripe'),
  voidOpenInvoicesOnCancel: flag('Open invoices are voided when it is'),
  deletionWarningDays: days.describe('Days on which the coming deletion is announced'),
  deleteAfterDays: positiveDay.describe('Data is deleted, never earlier'),
});

/** The format of a catalog's file. What it is made into is `Catalog` of `domain/catalog.ts`. */
export const catalogFile = fields('a catalog', {
  id,
  name,
  currency: matching(/^[a-z]{3}$/, 'an ISO 4217 code in lower case, for example usd').refine(
    (code) => !/^[a-z]{3}$/.test(code) || Intl.supportedValuesOf('currency').includes(code.toUpperCase()),
    expected('the code of a currency, for example usd'),
  ),
  plans: list('plans', plan).min(1, expected('a list with one plan at least')),
  addOns: list('add-ons and boosters', addOn).default([]),
  metrics: list('metrics', metric).default([]),
  freePlans: fields('the free plans', { personal: id.optional(), organisation: id.optional() }).describe(
    'Plan of an account without a subscription, by audience',
  ),
  onCancel: oneOf('free-plan', 'stop-services').describe("What a customer's own cancel ends in"),
  onCollectionPaused: oneOf('keep-access', 'hold')
    .default('keep-access')
    .describe('What a pause of collection at Stripe means for access'),
  onShrink: oneOf('newest-first', 'largest-first')
    .default('newest-first')
    .describe('Which workspaces are shrunk first when the pool shrinks'),
  deleteClosedAfterDays: positiveDay
    .default(30)
    .describe("Days from a closed account's last charge to the deletion of its data"),
  deleteWorkspacesAfterDays: day
    .default(DELETE_WORKSPACES_AFTER_DAYS)
    .describe('Days from the deletion of a workspace by its owner to that of its data; 0 for at once'),
  dunning,
});

/** A file that has the format, its defaults filled in and its sizes in MB and percent. */
export type CatalogFile = z.output<typeof catalogFile>;

function toPercent(cores: number): number {
  return Math.round(cores * 100);
}
