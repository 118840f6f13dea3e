import type { AddOn, Audience, Catalog, PlanPrice, WorkspaceSize } from '#domain/catalog.ts';
import type { CatalogFile } from './catalog-file.ts';
import { digitsOf, toMinorUnits } from './money.ts';

/** Reports a problem at a path of the file. */
export type Refuse = (path: (string | number)[], message: string) => void;

type FilePlan = CatalogFile['plans'][number];
type FilePrice = FilePlan['prices'][number];
type Environment = Record<string, string | undefined>;

// https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: eight digits at most.
const MOST_MINOR_UNITS = 99_999_999;
const FOLLOWS_FROM_GIVES = ['ram_mb', 'cpu_cores', 'storage_mb'];

/**
 * Makes the domain's catalog of a file: amounts in minor units, lookup keys and metadata filled in, price ids of the
 * environment read.
 */
export function toCatalog(file: CatalogFile, env: Environment, refuse: Refuse): Catalog {
  const priceIds = priceIdsFrom(env, refuse);
  const pricesOf = (owner: { id: string; prices: FilePrice[] }, path: (string | number)[]): PlanPrice[] =>
    owner.prices.map((price, index) => ({
      interval: price.interval,
      amountCents: amountOf(price.amount, file.currency, [...path, 'prices', index, 'amount'], refuse),
      lookupKey: price.lookupKey ?? keyOf(file.id, owner.id, price.interval),
      knownPriceIds: priceIds(price, [...path, 'prices', index]),
    }));
  return {
    id: file.id,
    name: file.name,
    currency: file.currency,
    plans: file.plans.map(({ pool, defaultAllocation, audience, audiences, knownPriceIdsFrom, ...plan }, index) => {
      refusePriceIdsOfUncustom({ ...plan, knownPriceIdsFrom }, ['plans', index], refuse);
      return {
        ...plan,
        audiences: audiencesOf({ audience, audiences }, ['plans', index], refuse),
        prices: pricesOf(plan, ['plans', index]),
        knownPriceIds: priceIds({ ...plan, knownPriceIdsFrom }, ['plans', index]),
        pool: pool && {
          ...toSize(pool),
          workspaces: pool.workspaces,
          ...(pool.bandwidthGb !== undefined && { bandwidthGb: pool.bandwidthGb }),
        },
        ...(defaultAllocation && { defaultAllocation: toSize(defaultAllocation) }),
      };
    }),
    addOns: file.addOns.map(({ audience, audiences, ...addOn }, index): AddOn => {
      const gives = toSize(addOn.gives);
      for (const key of FOLLOWS_FROM_GIVES.filter((each) => each in addOn.metadata)) {
        refuse(['addOns', index, 'metadata', key], 'follows from gives; remove it here');
      }
      return {
        ...addOn,
        audiences: audiencesOf({ audience, audiences }, ['addOns', index], refuse),
        prices: pricesOf(addOn, ['addOns', index]),
        gives,
        metadata: {
          ...addOn.metadata,
          ram_mb: String(gives.memoryMb),
          cpu_cores: String(gives.cpuPercent / 100),
          storage_mb: String(gives.storageMb),
        },
      };
    }),
    metrics: file.metrics.map(({ knownPriceIdsFrom, ...metric }, index) => {
      if (Number(metric.unitPrice) === 0) {
        refuse(['metrics', index, 'unitPrice'], 'is nothing; write a price, or remove the metric');
      }
      return {
        ...metric,
        eventName: metric.eventName ?? keyOf(file.id, metric.id),
        lookupKey: metric.lookupKey ?? keyOf(file.id, metric.id),
        knownPriceIds: priceIds({ ...metric, knownPriceIdsFrom }, ['metrics', index]),
      };
    }),
    freePlans: file.freePlans,
    onCancel: file.onCancel,
    onCollectionPaused: file.onCollectionPaused,
    onShrink: file.onShrink,
    deleteClosedAfterDays: file.deleteClosedAfterDays,
    deleteWorkspacesAfterDays: file.deleteWorkspacesAfterDays,
    dunning: file.dunning,
  };
}

function toSize({ memory, cpu, storage }: { memory: number; cpu: number; storage: number }): WorkspaceSize {
  return { memoryMb: memory, cpuPercent: cpu, storageMb: storage };
}

function audiencesOf(
  { audience, audiences }: Pick<FilePlan, 'audience' | 'audiences'>,
  path: (string | number)[],
  refuse: Refuse,
): Audience[] {
  if (!audiences) return [audience ?? 'personal'];
  if (audience) refuse([...path, 'audience'], 'says the same as audiences; keep one of the two');
  for (const [index, each] of audiences.entries()) {
    if (audiences.indexOf(each) < index) refuse([...path, 'audiences', index], `${each} occurs twice; keep it once`);
  }
  return audiences;
}

/** Here and not with the other checks, so that it does not depend on what the environment has. */
function refusePriceIdsOfUncustom(
  plan: Pick<FilePlan, 'id' | 'prices' | 'custom' | 'knownPriceIds' | 'knownPriceIdsFrom'>,
  path: (string | number)[],
  refuse: Refuse,
): void {
  if (plan.custom) return;
  const remedy =
    plan.prices.length > 0
      ? 'has prices, and each knows its own ids; move them to the price that they stand for'
      : 'has nothing to pay; remove them, or write custom: true';
  for (const field of ['knownPriceIds', 'knownPriceIdsFrom'] as const) {
    if (plan[field].length > 0) refuse([...path, field], `${plan.id} ${remedy}`);
  }
}

function keyOf(...parts: string[]): string {
  return parts.join('_').toLowerCase();
}

function amountOf(amount: string, currency: string, path: (string | number)[], refuse: Refuse): number {
  const minorUnits = toMinorUnits(amount, currency);
  if (minorUnits === null) {
    const digits = digitsOf(currency);
    refuse(
      path,
      `"${amount}" has more digits than ${currency}; write ${digits === 0 ? 'no point' : `${digits} after the point at most`}`,
    );
    return 0;
  }
  if (minorUnits === 0) refuse(path, 'is nothing; remove the price: a plan without prices is free');
  if (minorUnits > MOST_MINOR_UNITS) refuse(path, `"${amount}" is more than Stripe takes; write 8 digits at most`);
  return minorUnits;
}

function priceIdsFrom(env: Environment, refuse: Refuse) {
  const seen = new Set<string>();
  return (price: Pick<FilePrice, 'knownPriceIds' | 'knownPriceIdsFrom'>, path: (string | number)[]): string[] => {
    const found = price.knownPriceIdsFrom.flatMap((variable, index) => {
      if (seen.has(variable)) {
        refuse([...path, 'knownPriceIdsFrom', index], `${variable} occurs twice; each names the price of one entry`);
      }
      seen.add(variable);
      const value = env[variable]?.trim();
      if (!value) return [];
      if (/^(price|plan)_[A-Za-z0-9_]+$/.test(value)) return [value];
      refuse(
        [...path, 'knownPriceIdsFrom', index],
        `the environment's ${variable} is no id of a price at Stripe; set it to one that begins with price_, or unset it`,
      );
      return [];
    });
    return [...price.knownPriceIds, ...found];
  };
}
