import { paymentsOf } from './charging.ts';
import { page } from './lists.ts';
import { invalidRequest } from './stripe-error.ts';
import { hasEnded } from './subscription-status.ts';
import { type WireObject, wire } from './wire.ts';
import type { World } from './world.ts';

const MAX_DEPTH = 4;
const EXPANDABLE = new Set([
  'charge',
  'configuration',
  'dispute',
  'released_subscription',
  'setup_intent',
  'customer',
  'default_payment_method',
  'default_price',
  'default_source',
  'invoice',
  'latest_charge',
  'latest_invoice',
  'payment_intent',
  'payment_method',
  'pending_setup_intent',
  'price',
  'product',
  'schedule',
  'subscription',
  'test_clock',
]);
/** Lists that are in an answer only when asked for. */
const INCLUDABLE: Record<string, Record<string, (world: World, id: string) => unknown>> = {
  invoice: {
    // https://docs.stripe.com/api/invoices/object#invoice_object-confirmation_secret
    confirmation_secret: (world, id) => {
      const intent = paymentsOf(world, id).at(-1)?.payment.payment_intent;
      const secret = world.state.paymentIntents[intent ?? '']?.client_secret;
      return secret === undefined ? null : { client_secret: secret, type: 'payment_intent' };
    },
    payments: (world, id) => listOf(world, paymentsOf(world, id), `/v1/invoice_payments?invoice=${id}`),
  },
  'checkout.session': {
    line_items: (world, id) =>
      listOf(
        world,
        [...(world.state.checkouts[id]?.lineItems ?? [])].reverse(),
        `/v1/checkout/sessions/${id}/line_items`,
      ),
  },
  customer: {
    subscriptions: (world, id) =>
      listOf(
        world,
        Object.values(world.state.subscriptions).filter((each) => each.customer === id && !hasEnded(each)),
        `/v1/customers/${id}/subscriptions`,
      ),
  },
};

/**
 * Replaces ids in an answer by the objects they name. https://docs.stripe.com/api/expanding_objects
 *
 * @throws StripeError for a path that can't be expanded
 */
export function expand(world: World, answer: WireObject, paths: readonly string[]): void {
  for (const path of paths) {
    const segments = path.split('.');
    const depth = segments.filter((segment) => segment !== 'data').length;
    if (depth > MAX_DEPTH)
      throw invalidRequest(`You cannot expand more than ${MAX_DEPTH} levels of a property.`, 'expand');
    expandPath(world, answer, segments, path);
  }
}

function expandPath(world: World, node: unknown, segments: readonly string[], path: string): void {
  const [segment, ...rest] = segments;
  if (segment === undefined || node === null || node === undefined) return;
  if (Array.isArray(node)) {
    for (const each of node) expandPath(world, each, segments, path);
    return;
  }
  if (typeof node !== 'object') throw notExpandable(path);
  const fields = node as WireObject;
  const include = INCLUDABLE[fields.object]?.[segment];
  if (include && fields[segment] === undefined) fields[segment] = include(world, String(fields.id));
  if (!(segment in fields)) throw notExpandable(path);
  const value = fields[segment];
  if (typeof value === 'string') {
    if (!EXPANDABLE.has(segment)) throw notExpandable(path);
    const found = lookUp(world, value);
    if (found) fields[segment] = found;
  }
  if (rest.length > 0) expandPath(world, fields[segment], rest, path);
  else if (!include && !EXPANDABLE.has(segment)) throw notExpandable(path);
}

function lookUp(world: World, id: string): WireObject | null {
  const { state } = world;
  const tables = [
    state.customers,
    state.paymentMethods,
    state.invoices,
    state.subscriptions,
    state.prices,
    state.products,
    state.paymentIntents,
    state.charges,
    state.testClocks,
    state.setupIntents,
    state.refunds,
    state.disputes,
    state.portalConfigurations,
    state.subscriptionSchedules,
  ];
  const found = tables.map((table) => table[id]).find((each) => each !== undefined);
  return found ? wire(world, found) : null;
}

function listOf<T extends { id: string; object: string }>(world: World, oldestFirst: T[], url: string): unknown {
  const list = page(oldestFirst, {}, url);
  return { ...list, data: list.data.map((each) => wire(world, each)) };
}

function notExpandable(path: string) {
  return invalidRequest(`This property cannot be expanded (${path}).`, 'expand');
}
