import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CatalogInvalid } from './catalog-invalid.ts';
import { loadCatalog } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'leasehold-catalog-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A product that the engine never heard of: a host of game servers, in euros, with a trial. */
const gameServers = `# yaml-language-server: $schema=./catalog.schema.json
id: blocks
name: Blocks
currency: eur
plans:
  - id: visitor
    name: Visitor
    pool: null
    limits:
      worlds: { limit: 0 }
      backups: { limit: 0, per: month, mode: track }
  - id: player
    name: Player
    trialDays: 14
    prices:
      - { interval: month, amount: "4.50", knownPriceIdsFrom: [BLOCKS_PLAYER] }
      - { interval: year, amount: "45", lookupKey: player-for-a-year, knownPriceIds: [price_1Old] }
    pool: { memory: 1.5 GB, cpu: 0.25, storage: 2048, workspaces: 2, bandwidthGb: 100 }
    defaultAllocation: { memory: 512 MB, cpu: 0.25, storage: 1 GB }
    limits:
      worlds: { limit: 2 }
      backups: { limit: 30, per: month, mode: track }
    features: { mods: true, support: forum }
    metered: true
  - id: clan
    name: Clan
    custom: true
    knownPriceIds: [price_1Agreed]
    knownPriceIdsFrom: [BLOCKS_CLAN]
    pool: { memory: unlimited, cpu: -1, storage: unlimited, workspaces: unlimited }
    defaultAllocation: { memory: 8 GB, cpu: 4, storage: 1 TB }
    limits:
      worlds: { limit: unlimited }
      backups: { limit: -1, per: month, mode: track }
  - id: guild
    name: Guild
    audience: organisation
    pool: { memory: 1 GB, cpu: 1, storage: 1 GB }
    limits:
      worlds: { limit: 1 }
      backups: { limit: 1, per: month }
  - id: league
    name: League
    audiences: [organisation, personal]
    prices:
      - { interval: month, amount: "99" }
    pool: { memory: 2 GB, cpu: 2, storage: 2 GB }
    limits:
      worlds: { limit: 9 }
      backups: { limit: 9, per: month }
addOns:
  - id: more-memory
    name: More memory
    prices:
      - { interval: month, amount: "2.99" }
    gives: { memory: 1 GB, cpu: 0.5, storage: 512 MB }
    rules:
      - { on: [player], unlocks: [worlds] }
      - { on: [clan], resources: replace }
    maxQuantity: 4
    aliases: [MEMORY_PACK]
    metadata: { colour: green }
metrics:
  - { id: PLAYER_HOURS, name: Hours played, unit: hour, unitPrice: "0.0005", included: "100" }
freePlans:
  personal: visitor
  organisation: guild
onCancel: stop-services
onShrink: largest-first
dunning:
  reminderDays: [0, 2]
  suspendAfterDays: 4
  minimumNoticeDays: 1
  cancelAfterDays: 20
  voidOpenInvoicesOnCancel: false
  deletionWarningDays: [25]
  deleteAfterDays: 30
`;

function load(text: string, env: Record<string, string> = {}) {
  const file = join(folder, 'catalog.yaml');
  writeFileSync(file, text);
  return loadCatalog(file, env);
}

function problemsOf(text: string, env: Record<string, string> = {}) {
  try {
    load(text, env);
  } catch (error) {
    if (error instanceof CatalogInvalid) return error.problems;
    throw error;
  }
  throw new Error('The catalog was taken.');
}

/** Replaces a text that must occur exactly once. */
function changed(from: string, to: string): string {
  expect(gameServers.split(from)).toHaveLength(2);
  return gameServers.replace(from, () => to);
}

describe('a new product needs a file and nothing else', () => {
  const catalog = load(gameServers, { BLOCKS_PLAYER: 'price_1FromEnvironment', BLOCKS_CLAN: 'price_1ClanFromThere' });
  const [visitor, player, clan, guild, league] = catalog.plans;

  test('amounts become minor units, lookup keys are made of the names, price ids come from the file and the environment', () => {
    expect(catalog.currency).toBe('eur');
    expect(player?.prices).toEqual([
      {
        interval: 'month',
        amountCents: 450,
        lookupKey: 'blocks_player_month',
        knownPriceIds: ['price_1FromEnvironment'],
      },
      { interval: 'year', amountCents: 4500, lookupKey: 'player-for-a-year', knownPriceIds: ['price_1Old'] },
    ]);
  });

  test('what was agreed on by hand has price ids of its own, from the file and the environment', () => {
    expect(clan?.prices).toEqual([]);
    expect(clan?.knownPriceIds).toEqual(['price_1Agreed', 'price_1ClanFromThere']);
    expect([visitor, player].map((plan) => plan?.knownPriceIds)).toEqual([[], []]);
  });

  test('a plan is for one audience or for several', () => {
    expect([visitor, guild, league].map((plan) => plan?.audiences)).toEqual([
      ['personal'],
      ['organisation'],
      ['organisation', 'personal'],
    ]);
  });

  test('sizes become MB, cores become percent, unlimited becomes -1', () => {
    expect(player?.pool).toEqual({
      memoryMb: 1536,
      cpuPercent: 25,
      storageMb: 2048,
      workspaces: 2,
      bandwidthGb: 100,
    });
    expect(player?.defaultAllocation).toEqual({ memoryMb: 512, cpuPercent: 25, storageMb: 1024 });
    expect(clan?.pool).toEqual({ memoryMb: -1, cpuPercent: -1, storageMb: -1, workspaces: -1 });
    expect(clan?.defaultAllocation).toEqual({ memoryMb: 8192, cpuPercent: 400, storageMb: 1048576 });
    expect(clan?.limits).toEqual({
      worlds: { limit: -1, per: 'standing', mode: 'block' },
      backups: { limit: -1, per: 'month', mode: 'track' },
    });
  });

  test('what is left out has a plain meaning', () => {
    expect(visitor).toEqual({
      id: 'visitor',
      name: 'Visitor',
      audiences: ['personal'],
      prices: [],
      knownPriceIds: [],
      custom: false,
      retired: false,
      trialDays: 0,
      pool: null,
      limits: {
        worlds: { limit: 0, per: 'standing', mode: 'block' },
        backups: { limit: 0, per: 'month', mode: 'track' },
      },
      features: {},
      metered: false,
      metadata: {},
    });
    expect(catalog.onCollectionPaused).toBe('keep-access');
  });

  test("an add-on's product carries its sizes at Stripe", () => {
    expect(catalog.addOns).toEqual([
      {
        id: 'more-memory',
        name: 'More memory',
        kind: 'add-on',
        audiences: ['personal'],
        prices: [{ interval: 'month', amountCents: 299, lookupKey: 'blocks_more-memory_month', knownPriceIds: [] }],
        gives: { memoryMb: 1024, cpuPercent: 50, storageMb: 512 },
        rules: [
          { on: ['player'], resources: 'stack', unlocks: ['worlds'] },
          { on: ['clan'], resources: 'replace', unlocks: [] },
        ],
        maxQuantity: 4,
        retired: false,
        aliases: ['MEMORY_PACK'],
        metadata: { colour: 'green', ram_mb: '1024', cpu_cores: '0.5', storage_mb: '512' },
      },
    ]);
  });

  test('a metered price keeps its decimals and has a name for its events', () => {
    expect(catalog.metrics).toEqual([
      {
        id: 'PLAYER_HOURS',
        name: 'Hours played',
        unit: 'hour',
        unitPrice: '0.0005',
        included: '100',
        eventName: 'blocks_player_hours',
        aggregation: 'sum',
        lookupKey: 'blocks_player_hours',
        knownPriceIds: [],
      },
    ]);
  });
});

test('one plan may be the free one of both audiences', () => {
  const one = changed('name: Visitor', 'name: Visitor\n    audiences: [personal, organisation]')
    .replace('    name: Guild', '    name: Guild\n    custom: true')
    .replace('organisation: guild', 'organisation: visitor');
  expect(load(one).freePlans).toEqual({ personal: 'visitor', organisation: 'visitor' });
});

test('a price id that the environment does not have is passed over', () => {
  expect(load(gameServers).plans[1]?.prices[0]?.knownPriceIds).toEqual([]);
  expect(load(gameServers, { BLOCKS_PLAYER: ' ' }).plans[1]?.prices[0]?.knownPriceIds).toEqual([]);
});

test('a price id of the environment that is none is refused, and not repeated: it may be a secret', () => {
  const [problem] = problemsOf(gameServers, { BLOCKS_PLAYER: 'sk_test_secret' });
  expect(problem?.line).toBe(16);
  expect(problem?.message).toContain("the environment's BLOCKS_PLAYER is no id of a price at Stripe; set it to one");
  expect(problem?.message).not.toContain('sk_test_secret');
});

const FORMAT = `id: PLAYER_HOURS, name: Hours played, unit: hour, unitPrice: "0.0005", included: "100"`;

/** What is broken, the file, a text on the line that the error names, and what it says. */
const BROKEN: [string, () => string, string, string][] = [
  [
    'an unknown field',
    () => changed('currency: eur', 'currency: eur\ncolour: red'),
    'colour: red',
    'colour: is no field of a catalog; remove it, or write one of id, name, currency',
  ],
  [
    'an unknown field of a plan',
    () => changed('trialDays: 14', 'trialDay: 14'),
    'trialDay: 14',
    'plans.1.trialDay: is no field of a plan; remove it, or write one of id, name, audience, audiences, prices',
  ],
  [
    'a missing field',
    () => changed('    name: Player\n', ''),
    '- id: player',
    'plans.1.name: is missing; write a name for people',
  ],
  [
    'a missing section',
    () => changed('onCancel: stop-services\n', ''),
    'id: blocks',
    'onCancel: is missing; write one of free-plan, stop-services',
  ],
  [
    'a word that is not one of the choice',
    () => changed('stop-services', 'stop'),
    'onCancel: stop',
    '"stop" is not one of free-plan, stop-services',
  ],
  [
    'a currency that has no such form',
    () => changed('eur', 'Euros'),
    'currency: Euros',
    '"Euros" is not an ISO 4217 code in lower case, for example usd',
  ],
  [
    'a currency that does not exist',
    () => changed('eur', 'eux'),
    'currency: eux',
    '"eux" is not the code of a currency, for example usd',
  ],
  [
    'an id with a space',
    () => changed('id: player', 'id: the player'),
    'id: the player',
    '"the player" is not an id of letters, digits, _ and -',
  ],
  [
    'an amount that is a number',
    () => changed('"4.50"', '4.50'),
    'amount: 4.50',
    '4.5 is not an amount in quotes and in major units, for example "9.00"',
  ],
  [
    'an amount with more digits than the currency',
    () => changed('"4.50"', '"4.505"'),
    '"4.505"',
    'plans.1.prices.0.amount: "4.505" has more digits than eur; write 2 after the point at most',
  ],
  [
    'an amount of nothing',
    () => changed('"4.50"', '"0"'),
    '"0"',
    'is nothing; remove the price: a plan without prices is free',
  ],
  [
    'an amount that Stripe does not take',
    () => changed('"4.50"', '"1000000"'),
    '"1000000"',
    'is more than Stripe takes; write 8 digits at most',
  ],
  [
    'an interval that is not sold',
    () => changed('interval: year', 'interval: week'),
    'interval: week',
    '"week" is not one of month, year',
  ],
  [
    'two prices by the month',
    () => changed('interval: year', 'interval: month'),
    'amount: "45"',
    'there are two prices by the month; keep one of them',
  ],
  [
    'a size in another unit',
    () => changed('1.5 GB', '1.5 Gi'),
    '1.5 Gi',
    'plans.1.pool.memory: "1.5 Gi" is not a size such as 512 MB or 2 GB',
  ],
  [
    'a size of nothing',
    () => changed('memory: 512 MB', 'memory: 0 MB'),
    'memory: 0 MB',
    '"0 MB" is not a size such as 512 MB or 2 GB, of whole MB and more than nothing',
  ],
  ['a size that is no whole MB', () => changed('memory: 512 MB', 'memory: 0.3 MB'), '0.3 MB', 'of whole MB'],
  [
    'a CPU of nothing',
    () => changed('cpu: 0.25, storage: 1 GB', 'cpu: 0, storage: 1 GB'),
    'cpu: 0,',
    '0 is not a number of cores such as 0.5 or 2',
  ],
  [
    'a CPU finer than a hundredth',
    () => changed('cpu: 0.25, storage: 1 GB', 'cpu: 0.333, storage: 1 GB'),
    '0.333',
    '0.333 is not a number of cores such as 0.5 or 2, in hundredths at the finest',
  ],
  [
    'a limit below nothing',
    () => changed('worlds: { limit: 2 }', 'worlds: { limit: -2 }'),
    'limit: -2',
    '-2 is not a whole number, or unlimited',
  ],
  [
    'a price id that is none',
    () => changed('price_1Old', 'prod_1Old'),
    'prod_1Old',
    '"prod_1Old" is not an id of a price at Stripe, which begins with price_',
  ],
  [
    'an environment variable that is none',
    () => changed('BLOCKS_PLAYER]', '$player]'),
    '$player',
    '"$player" is not the name of an environment variable, for example STRIPE_PRICE_PRO',
  ],
  [
    'an environment variable twice',
    () => changed('lookupKey: player-for-a-year', 'knownPriceIdsFrom: [BLOCKS_PLAYER]'),
    'amount: "45"',
    'BLOCKS_PLAYER occurs twice; each names the price of one entry',
  ],
  [
    'an id twice',
    () => changed('id: clan', 'id: player'),
    'id: player\n    name: Clan',
    'plans.2.id: the id player occurs twice; give each its own',
  ],
  [
    'an alias that is an id',
    () => changed('MEMORY_PACK', 'player'),
    'aliases: [player]',
    'the id player occurs twice; give each its own',
  ],
  [
    'a lookup key twice',
    () => changed('player-for-a-year', 'blocks_player_month'),
    'blocks_player_month',
    'the lookup key blocks_player_month occurs twice; give each its own',
  ],
  [
    'a price id twice',
    () => changed('amount: "2.99"', 'amount: "2.99", knownPriceIds: [price_1Old]'),
    'amount: "2.99"',
    'the price id price_1Old occurs twice; give each its own',
  ],
  [
    'a metric twice',
    () => changed(`{ ${FORMAT} }`, `{ ${FORMAT} }\n  - { ${FORMAT}, eventName: other, lookupKey: other }`),
    'eventName: other',
    'the metric PLAYER_HOURS occurs twice; give each its own',
  ],
  [
    'an event name twice',
    () =>
      changed(
        `{ ${FORMAT} }`,
        `{ ${FORMAT} }\n  - { id: other, name: Other, unit: hour, unitPrice: "1", eventName: blocks_player_hours }`,
      ),
    'id: other',
    'the event name blocks_player_hours occurs twice; give each its own',
  ],
  [
    'a metered price of nothing',
    () => changed('"0.0005"', '"0.00"'),
    '"0.00"',
    'unitPrice: is nothing; write a price, or remove the metric',
  ],
  [
    'price ids of a plan that has prices',
    () => changed('trialDays: 14', 'knownPriceIds: [price_1Mine]'),
    'price_1Mine',
    'plans.1.knownPriceIds: player has prices, and each knows its own ids; move them to the price that they stand for',
  ],
  [
    'price ids of a free plan, though the environment has none',
    () => changed('name: Visitor', 'name: Visitor\n    knownPriceIdsFrom: [BLOCKS_VISITOR]'),
    'BLOCKS_VISITOR',
    'plans.0.knownPriceIdsFrom: visitor has nothing to pay; remove them, or write custom: true',
  ],
  [
    'a price id of a custom plan that is also of a price',
    () => changed('price_1Agreed', 'price_1Old'),
    'lookupKey: player-for-a-year',
    'the price id price_1Old occurs twice; give each its own',
  ],
  [
    'an environment variable of a custom plan that is also of a price',
    () => changed('BLOCKS_CLAN', 'BLOCKS_PLAYER'),
    'knownPriceIdsFrom: [BLOCKS_PLAYER]\n    pool',
    'plans.2.knownPriceIdsFrom.0: BLOCKS_PLAYER occurs twice; each names the price of one entry',
  ],
  [
    'one audience in two ways',
    () => changed('    audiences: [organisation, personal]\n', '    audience: personal\n    audiences: [personal]\n'),
    'audience: personal',
    'plans.4.audience: says the same as audiences; keep one of the two',
  ],
  [
    'an audience twice',
    () => changed('[organisation, personal]', '[personal, personal]'),
    'audiences: [personal, personal]',
    'plans.4.audiences.1: personal occurs twice; keep it once',
  ],
  [
    'a plan for nobody',
    () => changed('[organisation, personal]', '[]'),
    'audiences: []',
    'plans.4.audiences: [] is not a list such as [personal, organisation]',
  ],
  [
    'an audience that is none',
    () => changed('[organisation, personal]', '[team]'),
    'audiences: [team]',
    'plans.4.audiences.0: "team" is not one of personal, organisation',
  ],
  [
    'a plan without a price that is free for one of its audiences only',
    () => changed('name: Visitor', 'name: Visitor\n    audiences: [personal, organisation]'),
    'audiences: [personal, organisation]',
    "plans.0.audiences: organisation accounts can't get visitor: it has no price and is not their free plan; name it in freePlans, or take organisation out",
  ],
  [
    'a limit that a plan for both forgets, said once',
    () => changed('    limits:\n      worlds: { limit: 9 }\n', '    limits:\n'),
    'limits:\n      backups: { limit: 9',
    'plans.4.limits.worlds: league does not say its limit of worlds, which visitor has; write one, or limit: unlimited',
  ],
  [
    'a free plan that is not there',
    () => changed('personal: visitor', 'personal: gold'),
    'personal: gold',
    'no plan has the id gold; name one of visitor',
  ],
  [
    'a free plan that costs',
    () => changed('personal: visitor', 'personal: player'),
    'personal: player',
    'player is not free; name one of visitor',
  ],
  [
    'a free plan that is agreed on by hand',
    () => changed('personal: visitor', 'personal: clan'),
    'personal: clan',
    'clan is not free; name one of visitor',
  ],
  [
    'a free plan of the other audience',
    () => changed('personal: visitor', 'personal: guild'),
    'personal: guild',
    'guild is a plan for organisation accounts; name one of visitor',
  ],
  [
    'a free plan that is missing',
    () => changed('  organisation: guild\n', ''),
    'freePlans:',
    'is missing, but there are organisation plans; name the plan of an account without a subscription',
  ],
  [
    'a free plan that is retired',
    () => changed('id: visitor', 'id: visitor\n    retired: true'),
    'personal: visitor',
    'visitor is retired, and new accounts need a plan; name another, or keep it',
  ],
  [
    'a plan that nobody can get',
    () => changed('    custom: true\n', ''),
    '- id: clan',
    'nobody can get clan: it has no price and is not the free plan; add a price, or write custom: true',
  ],
  [
    'a custom plan with a price',
    () => changed('trialDays: 14', 'custom: true'),
    'prices:\n      - { interval: month, amount: "4.50"',
    'player is custom, so nobody buys it; remove its prices, or custom',
  ],
  [
    'a trial of what costs nothing',
    () => changed('name: Visitor', 'name: Visitor\n    trialDays: 7'),
    'trialDays: 7',
    'visitor has no price, so there is nothing to try; remove trialDays, or add a price',
  ],
  [
    'an endless pool without a first size',
    () => changed('    defaultAllocation: { memory: 8 GB, cpu: 4, storage: 1 TB }\n', ''),
    'memory: unlimited',
    'memory, cpu, storage of clan has no end; add a defaultAllocation, the size of the first workspace',
  ],
  [
    'a first workspace larger than the pool',
    () => changed('memory: 512 MB, cpu', 'memory: 2 GB, cpu'),
    'defaultAllocation: { memory: 2 GB',
    'plans.1.defaultAllocation.memory: 2 GB does not fit the pool; write 1.5 GB at most',
  ],
  [
    'a first workspace without a pool',
    () => changed('pool: null', 'pool: null\n    defaultAllocation: { memory: 1 GB, cpu: 1, storage: 1 GB }'),
    'defaultAllocation: { memory: 1 GB',
    'visitor has no pool to take it from; remove it',
  ],
  [
    'a plan that forgets a limit',
    () => changed('      worlds: { limit: unlimited }\n', ''),
    'limits:\n      backups: { limit: -1',
    'clan does not say its limit of worlds, which visitor has; write one, or limit: unlimited',
  ],
  [
    'a limit that is counted in two ways',
    () => changed('limit: 30, per: month', 'limit: 30, per: standing'),
    'per: standing',
    'backups is counted per standing here and per month on visitor; write the same for both',
  ],
  [
    'an add-on for a plan that is not there',
    () => changed('on: [player]', 'on: [gold]'),
    'on: [gold]',
    'there is no plan gold for personal accounts; name one of visitor, player, clan, league',
  ],
  [
    'an add-on for a plan of the other audience',
    () => changed('on: [player]', 'on: [guild]'),
    'on: [guild]',
    'there is no plan guild for personal accounts; name one of visitor, player, clan, league',
  ],
  [
    'an add-on with two rules for a plan',
    () => changed('on: [clan]', 'on: [player]'),
    'on: [player], resources: replace',
    'player occurs twice; keep it in one rule',
  ],
  [
    'an add-on for a plan without workspaces',
    () => changed('on: [clan]', 'on: [visitor]'),
    'on: [visitor]',
    'visitor has no pool to add to; remove it here, or give the plan a pool',
  ],
  [
    'an add-on that lifts a limit that is not there',
    () => changed('unlocks: [worlds]', 'unlocks: [stars]'),
    'unlocks: [stars]',
    'player has no limit stars; name one of worlds, backups',
  ],
  [
    'an add-on that nobody can buy',
    () =>
      changed(
        'rules:\n      - { on: [player], unlocks: [worlds] }\n      - { on: [clan], resources: replace }',
        'rules: []',
      ),
    'rules: []',
    '[] is not a list with one rule at least',
  ],
  [
    'an add-on without a price',
    () => changed('prices:\n      - { interval: month, amount: "2.99" }', 'prices: []'),
    'prices: []',
    'more-memory has no price; add one',
  ],
  [
    'metadata that follows from the sizes',
    () => changed('colour: green', 'ram_mb: "2048"'),
    'ram_mb',
    'addOns.0.metadata.ram_mb: follows from gives; remove it here',
  ],
  [
    'a metered plan without metrics',
    () => changed(`metrics:\n  - { ${FORMAT} }\n`, ''),
    'metered: true',
    'there are no metrics to bill; add metrics, or remove metered',
  ],
  [
    'a metered plan without a subscription',
    () => changed('name: Visitor', 'name: Visitor\n    metered: true'),
    'metered: true\n    pool: null',
    'visitor has no subscription to bill on; add a price, or remove metered',
  ],
  [
    'metrics that nobody is billed for',
    () => changed('metered: true', 'metered: false'),
    'metrics:',
    'no plan is metered, so nobody is billed; write metered: true on a plan, or remove metrics',
  ],
  [
    'a reminder after the suspension',
    () => changed('[0, 2]', '[0, 5]'),
    'reminderDays',
    'must ascend and lie before suspendAfterDays; write days from 0 to 3, each once',
  ],
  [
    'a cancel before the suspension',
    () => changed('cancelAfterDays: 20', 'cancelAfterDays: 3'),
    'cancelAfterDays: 3',
    'must lie after suspendAfterDays; write 5 or more',
  ],
  [
    'a deletion before the cancel',
    () => changed('deleteAfterDays: 30', 'deleteAfterDays: 10'),
    'deleteAfterDays: 10',
    'must lie after cancelAfterDays; write 21 or more',
  ],
  [
    'a warning after the deletion',
    () => changed('[25]', '[31]'),
    '[31]',
    'must ascend and lie between cancelAfterDays and deleteAfterDays; write days from 21 to 29, each once',
  ],
  [
    'a day that is none',
    () => changed('suspendAfterDays: 4', 'suspendAfterDays: soon'),
    'suspendAfterDays: soon',
    '"soon" is not a whole number of days, 1 or more',
  ],
  [
    'a bracket that is not closed',
    () => changed('pool: null', 'pool: ['),
    'limits:\n      worlds: { limit: 0 }',
    'close the bracket',
  ],
  [
    'a field twice',
    () => changed('name: Player', 'name: Player\n    name: Gamer'),
    'name: Gamer',
    'is no YAML: Map keys must be unique; remove one of the two',
  ],
  [
    'a tab',
    () => changed('    name: Player', '\tname: Player'),
    'name: Player',
    'is no YAML: Tabs are not allowed as indentation; indent with spaces',
  ],
  ['an empty file', () => '# nothing\n', '# nothing', 'file: is empty; copy catalogs/demo.yaml to begin'],
  [
    'a file that holds something else',
    () => 'hello\n',
    'hello',
    'file: "hello" is not a catalog with the fields id, name, currency',
  ],
];

test.each(BROKEN)('%s is refused with the line, the field and the way to mend it', (_, broken, at, message) => {
  const text = broken();
  const file = join(folder, 'catalog.yaml');
  const line = text.slice(0, text.lastIndexOf(at)).split('\n').length;
  expect(text).toContain(at);
  const said = problemsOf(text).map((each) => `${file}:${each.line}, ${each.field}: ${each.message}`);
  expect(said.filter((each) => each.includes(message))).toEqual([expect.stringContaining(`${file}:${line}, `)]);
});

test('all faults of a file are named at once, in the order of its lines', () => {
  const text = changed('[0, 2]', '[0, 5]').replace('personal: visitor', 'personal: gold').replace('"2.99"', '"2.999"');
  expect(problemsOf(text).map(({ field }) => field)).toEqual([
    'plans.0',
    'addOns.0.prices.0.amount',
    'freePlans.personal',
    'dunning.reminderDays',
  ]);
});

test('a file that is not there is named', () => {
  expect(() => loadCatalog(join(folder, 'none.yaml'))).toThrow(
    /none\.yaml:1, file: can't be read: there is no such file/,
  );
});

test('a price in a currency without minor units has no point', () => {
  const yen = gameServers.replace('eur', 'jpy').replace('"4.50"', '"450"').replace('"2.99"', '"299"');
  expect(load(yen).plans[1]?.prices[0]?.amountCents).toBe(450);
  expect(problemsOf(yen.replace('"450"', '"4.50"'))[0]?.message).toBe(
    '"4.50" has more digits than jpy; write no point',
  );
});
