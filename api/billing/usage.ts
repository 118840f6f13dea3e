import type Stripe from 'stripe';
import type { Metric } from '#domain/catalog.ts';
import { DAY_MS } from '#domain/time.ts';
import type { AskedAccount } from '../access/find-account.ts';
import { Problem } from '../problem.ts';
import type { UsageAnswer } from './answers.ts';
import type { BillingDeps } from './billing-deps.ts';
import { customerOf } from './customer.ts';

const PAGE = 100;
const LONGEST_DAYS = 100;
const DEFAULT_DAYS = 30;

/** Days in UTC, as `2027-03-01`; both are counted. */
export interface UsageWindow {
  startDate?: string | undefined;
  endDate?: string | undefined;
}

/**
 * What Stripe has counted of each metric that the catalog bills, by day. Nothing is estimated: what was not reported to Stripe is
 * not in it. https://docs.stripe.com/api/billing/meter-event-summary/list
 *
 * @param window default: the 30 days that end today
 * @throws Problem 400 `request-invalid` for a window that ends before it begins, or longer than 100 days
 */
export async function readUsage(
  deps: BillingDeps,
  { accountId }: AskedAccount,
  { startDate, endDate }: UsageWindow,
): Promise<UsageAnswer> {
  const { stripe, catalog, readModel } = deps;
  const now = Date.now() + (await readModel.clockAheadMs(accountId));
  const to = (endDate === undefined ? startOfDay(now) : Date.parse(endDate)) + DAY_MS;
  const from = startDate === undefined ? to - DEFAULT_DAYS * DAY_MS : Date.parse(startDate);
  if (from >= to || to - from > LONGEST_DAYS * DAY_MS) throw windowUnfit();
  const customer = await customerOf(deps, accountId);
  const meters = customer === null || catalog.metrics.length === 0 ? [] : await allMeters(stripe);
  const count = async (metric: Metric) => {
    const meter = meters.find((each) => each.event_name === metric.eventName);
    const seen = meter && customer !== null ? await counted(stripe, meter, customer, { from, to }) : NOTHING;
    const { id, name, unit, unitPrice, included } = metric;
    return { id, name, unit, unitPrice, included, ...seen };
  };
  return { ...windowOf(from, to), metrics: await Promise.all(catalog.metrics.map(count)) };
}

const NOTHING = { quantity: 0, days: [] };

async function allMeters(stripe: Stripe): Promise<Stripe.Billing.Meter[]> {
  const meters: Stripe.Billing.Meter[] = [];
  for await (const meter of stripe.billing.meters.list({ status: 'active', limit: PAGE })) meters.push(meter);
  return meters;
}

/** Stripe makes the one number of the whole itself: the days of a meter that takes the last value do not add up to it. */
async function counted(
  stripe: Stripe,
  { id }: Stripe.Billing.Meter,
  customer: string,
  { from, to }: { from: number; to: number },
): Promise<Pick<UsageAnswer['metrics'][number], 'quantity' | 'days'>> {
  const window = { customer, start_time: from / 1_000, end_time: to / 1_000, limit: PAGE };
  const [whole, byDay] = await Promise.all([
    stripe.billing.meters.listEventSummaries(id, window),
    stripe.billing.meters.listEventSummaries(id, { ...window, value_grouping_window: 'day' }),
  ]);
  const days = byDay.data
    .filter((each) => each.aggregated_value !== 0)
    .sort((a, b) => a.start_time - b.start_time)
    .map((each) => ({
      ...windowOf(each.start_time * 1_000, each.end_time * 1_000),
      quantity: each.aggregated_value,
    }));
  return { quantity: whole.data[0]?.aggregated_value ?? 0, days };
}

function windowOf(from: number, to: number): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

function startOfDay(instant: number): number {
  return Math.floor(instant / DAY_MS) * DAY_MS;
}

function windowUnfit(): Problem {
  return new Problem(
    400,
    'request-invalid',
    'The request is malformed',
    `query.startDate and query.endDate must name 1 to ${LONGEST_DAYS} days, the first one first. Correct them and send it again.`,
  );
}
