/** How the customer of an event is found. */
export type CustomerOf =
  /** The object names it, or is it. */
  | 'object'
  /** The object no longer names it: it did before. */
  | 'object-before'
  /** The charge that the object is about names it. */
  | 'charge'
  /** It is about nobody's account: counted and logged. */
  | 'nobody';

interface KnownEvent {
  customer: CustomerOf;
  /** What it makes us do. */
  does: string;
}

const look = (does: string): KnownEvent => ({ customer: 'object', does });

/**
 * Every type of event that something is done about; what is not here is kept and counted as `other`. An event is a hint:
 * "look" reads the truth of its customer from Stripe and decides from that, whatever the event itself says.
 * Types: https://docs.stripe.com/api/events/types
 */
export const STRIPE_EVENTS = {
  'checkout.session.completed': look('Look: something was bought.'),
  'checkout.session.expired': look('Look: nothing was bought; another session may be opened.'),
  'customer.created': look('Wait until the account is linked, then look.'),
  'customer.updated': look('Look: the card that is charged may be another one.'),
  'customer.deleted': look('Look: every subscription of the customer is over.'),
  'customer.subscription.created': look('Look: a plan or an add-on begins, or waits for its first payment.'),
  'customer.subscription.updated': look('Look: price, quantity, status, cancel or collection may have changed.'),
  'customer.subscription.deleted': look('Look: a plan or an add-on is over.'),
  'customer.subscription.paused': look('Look: a trial ended without a card.'),
  'customer.subscription.resumed': look('Look: a paused subscription goes on.'),
  'subscription_schedule.updated': look('Look: a change of plan to come may be another one.'),
  'customer.subscription.trial_will_end': look('Look: a trial ends in three days.'),
  'customer.subscription.pending_update_applied': look('Look: an upgrade was paid and counts now.'),
  'customer.subscription.pending_update_expired': look('Look: an upgrade was not paid; the old plan stays.'),
  'invoice.created': look('Look: a new period was charged for. Stripe gets its 2xx, so that it finalises in time.'),
  'invoice.finalized': look('Look: an invoice can be paid, and is sent.'),
  'invoice.paid': look('Look: what was owed is paid, a new period or an upgrade counts.'),
  'invoice.payment_succeeded': look('Look: as for invoice.paid.'),
  'invoice.payment_failed': look('Look: a renewal is unpaid, and grace begins; or an upgrade was declined.'),
  'invoice.payment_action_required': look('Look: the customer has to confirm a payment (3D Secure).'),
  'invoice.voided': look('Look: an invoice is no longer asked for.'),
  'invoice.marked_uncollectible': look('Look: an invoice was written off.'),
  'invoice.upcoming': look('Look: a renewal comes soon.'),
  'payment_method.attached': look('Look: a card was added.'),
  'payment_method.detached': { customer: 'object-before', does: 'Look: a card was taken away.' },
  'payment_method.updated': look('Look: a card was changed or renewed.'),
  'payment_method.automatically_updated': look('Look: the network gave a card a new number or date.'),
  'charge.refunded': look('Look: money was given back; after a full refund of the period cover ends.'),
  'charge.dispute.created': { customer: 'charge', does: 'Look: a payment is disputed, and the account is held.' },
  'charge.dispute.updated': { customer: 'charge', does: 'Look: a question of the bank may have become a dispute.' },
  'charge.dispute.closed': { customer: 'charge', does: 'Look: a dispute was won or lost.' },
  'v1.billing.meter.error_report_triggered': {
    customer: 'nobody',
    does: 'Log it with its meter: usage that was reported could not be counted.',
  },
  'v1.billing.meter.no_meter_found': {
    customer: 'nobody',
    does: 'Log it: usage was reported for a meter that Stripe does not have.',
  },
} satisfies Record<string, KnownEvent>;

/** What is done about a type of event, or `null` for one that is only kept. */
export function knownEvent(type: string): KnownEvent | null {
  return Object.hasOwn(STRIPE_EVENTS, type) ? STRIPE_EVENTS[type as keyof typeof STRIPE_EVENTS] : null;
}

/** The type as a label of metrics: those that are known, else `other`, so that there are only so many. */
export function eventLabel(type: string): string {
  return knownEvent(type) ? type : 'other';
}

/** Who an event is about: its customer, or the charge by which the customer is found. */
export interface EventSubject {
  customerId: string | null;
  chargeId: string | null;
}

/**
 * Reads off an event's object who it is about. Both are `null` for a product, a guest and the like.
 *
 * @param object `data.object` of the event
 * @param previous `data.previous_attributes` of the event, where it has some
 */
export function subjectOf(type: string, object: unknown, previous: unknown = null): EventSubject {
  const { id, object: kind, customer, charge } = fieldsOf(object);
  const way = knownEvent(type)?.customer ?? 'object';
  if (way === 'charge') return { customerId: idOf(customer), chargeId: idOf(charge) };
  const named = kind === 'customer' ? idOf(id) : idOf(customer);
  const before = way === 'object-before' ? idOf(fieldsOf(previous).customer) : null;
  return { customerId: named ?? before, chargeId: null };
}

/** Ids of Stripe, and nothing that PostgreSQL refuses. */
const ID = /^[\w-]{1,255}$/;

/** The id of something that may be expanded. */
function idOf(reference: unknown): string | null {
  const id = typeof reference === 'object' && reference !== null ? fieldsOf(reference).id : reference;
  return typeof id === 'string' && ID.test(id) ? id : null;
}

function fieldsOf(object: unknown): Record<string, unknown> {
  return typeof object === 'object' && object !== null ? (object as Record<string, unknown>) : {};
}
