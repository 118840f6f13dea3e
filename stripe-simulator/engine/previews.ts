import { nextRenewal } from './billing-cycle.ts';
import { timeOf } from './clock.ts';
import { findCustomer } from './customers.ts';
import { emit } from './events.ts';
import { randomToken } from './ids.ts';
import { composeInvoice } from './invoices.ts';
import { changeItems, type ItemChange } from './item-changes.ts';
import type { Invoice, Subscription } from './objects.ts';
import { invalidRequest, notSimulated } from './stripe-error.ts';
import { findSubscription, hasEnded } from './subscription-status.ts';
import { firstItem, previewSubscription, recurrenceOf } from './subscriptions.ts';
import type { World } from './world.ts';

export interface PreviewFields {
  customer?: string | undefined;
  subscription?: string | undefined;
  subscription_details?:
    | {
        items?: ItemChange[] | undefined;
        proration_behavior?: 'none' | 'create_prorations' | 'always_invoice' | undefined;
        /** The instant that prorations are reckoned from; default now. */
        proration_date?: number | undefined;
        cancel_at_period_end?: boolean | undefined;
      }
    | undefined;
}

/**
 * What a change would cost, or the next renewal; changes nothing. With `always_invoice`, and where a new period begins,
 * it is the invoice of the change; else the next one, with the prorations on it.
 * https://docs.stripe.com/api/invoices/create_preview, https://docs.stripe.com/billing/subscriptions/prorations#preview-proration
 */
export function previewInvoice(world: World, fields: PreviewFields): Invoice {
  const details = fields.subscription_details ?? {};
  if (fields.subscription === undefined) return previewOfNew(world, fields, details.items ?? []);
  const subscription = findSubscription(world, fields.subscription);
  if (fields.customer !== undefined && fields.customer !== subscription.customer) {
    throw invalidRequest('The customer does not have this subscription.', 'subscription', 'resource_missing');
  }
  const cancels = details.cancel_at_period_end ?? subscription.cancel_at !== null;
  if (hasEnded(subscription) || (cancels && !details.items)) {
    throw invalidRequest('No upcoming invoices for customer', undefined, 'invoice_upcoming_none');
  }
  const now = details.proration_date ?? timeOf(world, subscription.test_clock);
  const period = firstItem(subscription);
  if (now < period.current_period_start || now > period.current_period_end) {
    throw invalidRequest(
      'The proration date must be within the current period.',
      'subscription_details[proration_date]',
    );
  }
  const prorations = details.proration_behavior ?? 'create_prorations';
  const change = details.items ? changeItems(world, subscription, details.items, now, prorations !== 'none') : null;
  const atOnce = change && (change.resets || (prorations === 'always_invoice' && change.prorations.length > 0));
  if (change && atOnce) {
    return asPreview(
      composeInvoice(world, subscription, 'upcoming', {
        usagePeriod: { start: period.current_period_start, end: now },
        free: false,
        autoAdvance: true,
        items: change.resets ? change.items : [],
        prorations: change.prorations,
      }),
      world,
      now,
    );
  }
  return upcoming(world, subscription, change?.items ?? subscription.items.data, change?.prorations ?? []);
}

/**
 * A renewal comes near; emits `invoice.upcoming`, whose invoice has no id.
 * https://docs.stripe.com/billing/subscriptions/webhooks, https://docs.stripe.com/api/events/types#event_types-invoice.upcoming
 */
export function announceRenewal(world: World, subscription: Subscription): void {
  world.state.upcomingAnnounced[subscription.id] = firstItem(subscription).current_period_end;
  const { id: _, ...invoice } = upcoming(world, subscription, subscription.items.data, []);
  emit(world, 'invoice.upcoming', invoice);
}

/** The invoice of the next period. */
function upcoming(
  world: World,
  subscription: Subscription,
  items: Subscription['items']['data'],
  prorations: Parameters<typeof composeInvoice>[3]['prorations'],
): Invoice {
  const { current_period_start: start, current_period_end: end } = firstItem(subscription);
  const next = structuredClone(items).map((item) => ({
    ...item,
    current_period_start: end,
    current_period_end: nextRenewal(subscription.billing_cycle_anchor, recurrenceOf(item.price), end),
  }));
  const invoice = composeInvoice(world, subscription, 'upcoming', {
    usagePeriod: { start, end },
    free: false,
    autoAdvance: true,
    items: next,
    prorations: prorations ?? [],
  });
  return asPreview(invoice, world, end);
}

/** A subscription that is not there yet. */
function previewOfNew(world: World, fields: PreviewFields, items: ItemChange[]): Invoice {
  if (fields.customer === undefined) {
    throw notSimulated('previews without a customer or a subscription', 'customer');
  }
  const customer = findCustomer(world, fields.customer);
  const created = items.map(({ price, quantity }, index) => {
    if (price === undefined) {
      const param = `subscription_details[items][${index}][price]`;
      throw invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
    }
    return { price, quantity };
  });
  const subscription = previewSubscription(world, { customer: customer.id, items: created });
  const invoice = composeInvoice(world, subscription, 'subscription_create', {
    usagePeriod: { start: subscription.created, end: subscription.created },
    free: false,
    autoAdvance: true,
  });
  invoice.billing_reason = 'upcoming';
  return asPreview(invoice, world, subscription.created);
}

/** As a draft that is not kept, with the balance on it. https://docs.stripe.com/billing/customer/balance */
function asPreview(invoice: Invoice, world: World, at: number): Invoice {
  const { balance } = findCustomer(world, invoice.customer);
  const id = `upcoming_in_${randomToken(24)}`;
  invoice.id = id;
  invoice.created = at;
  invoice.starting_balance = balance;
  invoice.ending_balance = Math.min(0, balance + invoice.total);
  invoice.amount_due = Math.max(0, balance + invoice.total);
  invoice.amount_remaining = invoice.amount_due;
  invoice.next_payment_attempt = at + 3600;
  invoice.automatically_finalizes_at = null;
  invoice.webhooks_delivered_at = null;
  invoice.lines.url = `/v1/invoices/upcoming/lines`;
  for (const line of invoice.lines.data) line.invoice = id;
  return invoice;
}
