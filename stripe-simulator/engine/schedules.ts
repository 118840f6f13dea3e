import { anchorPlus } from './billing-cycle.ts';
import { timeOf } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import type { ItemChange } from './item-changes.ts';
import { mergeMetadata } from './metadata.ts';
import type { Interval, Metadata, Subscription } from './objects.ts';
import { findPrice } from './prices.ts';
import type { SchedulePhase, SubscriptionSchedule } from './schedule-objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import { findSubscription, hasEnded } from './subscription-status.ts';
import { cancelSubscription, firstItem, recurrenceOf, updateSubscription } from './subscriptions.ts';
import type { World } from './world.ts';

type Prorations = SchedulePhase['proration_behavior'];

export interface PhaseFields {
  items: { price: string; quantity?: number | undefined; metadata?: Metadata | null | undefined }[];
  start_date?: number | 'now' | undefined;
  end_date?: number | undefined;
  duration?: { interval: Interval; interval_count?: number | undefined } | undefined;
  proration_behavior?: Prorations | undefined;
  metadata?: Metadata | null | undefined;
}

export interface ScheduleFields {
  phases?: PhaseFields[] | undefined;
  end_behavior?: SubscriptionSchedule['end_behavior'] | undefined;
  metadata?: Metadata | null | undefined;
  /** How the change to the phase in hand is prorated. */
  proration_behavior?: Prorations | undefined;
}

/** @throws StripeError `resource_missing` */
export function findSchedule(world: World, id: string): SubscriptionSchedule {
  const schedule = world.state.subscriptionSchedules[id];
  if (!schedule) throw noSuch('subscription_schedule', id, 'id');
  return schedule;
}

/**
 * Takes a subscription over: its schedule begins with one phase, the period it is in. Emits
 * `subscription_schedule.created` and `customer.subscription.updated`.
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules#add-a-schedule-to-an-existing-subscription
 */
export function createSchedule(
  world: World,
  fromSubscription: string,
  metadata: Metadata | null | undefined,
): SubscriptionSchedule {
  const subscription = findSubscription(world, fromSubscription, 'from_subscription');
  if (hasEnded(subscription)) {
    throw invalidRequest('You cannot add a schedule to a subscription that has ended.', 'from_subscription');
  }
  if (subscription.schedule !== null) {
    throw invalidRequest(
      `You cannot migrate a subscription that is already attached to a schedule: \`${subscription.schedule}\`.`,
      'from_subscription',
    );
  }
  const { current_period_start: start, current_period_end: end } = firstItem(subscription);
  const mode = subscription.billing_mode;
  const schedule: SubscriptionSchedule = {
    id: newId('sub_sched'),
    object: 'subscription_schedule',
    application: null,
    billing_mode: { flexible: mode.flexible, type: mode.type },
    canceled_at: null,
    completed_at: null,
    created: timeOf(world, subscription.test_clock),
    current_phase: { end_date: end, start_date: start },
    customer: subscription.customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      automatic_tax: { disabled_reason: null, enabled: false, liability: null },
      billing_cycle_anchor: 'automatic',
      billing_thresholds: null,
      collection_method: 'charge_automatically',
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    // A cancel that was planned is the schedule's now: https://docs.stripe.com/api/subscription_schedules/object#subscription_schedule_object-end_behavior
    end_behavior: subscription.cancel_at === null ? 'release' : 'cancel',
    livemode: false,
    metadata: mergeMetadata({}, metadata),
    pause_schedules: [],
    phases: [
      phaseOf(subscription, itemsOf(subscription), start, subscription.cancel_at ?? end, 'create_prorations', {}),
    ],
    released_at: null,
    released_subscription: null,
    status: 'active',
    subscription: subscription.id,
    test_clock: subscription.test_clock,
  };
  world.state.subscriptionSchedules[schedule.id] = schedule;
  emit(world, 'subscription_schedule.created', schedule);
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.schedule = schedule.id;
  });
  return schedule;
}

/**
 * Gives a schedule its phases anew: the one in hand must keep its beginning, each begins where the one before ends.
 * Emits `subscription_schedule.updated`. https://docs.stripe.com/api/subscription_schedules/update
 */
export function updateSchedule(world: World, id: string, fields: ScheduleFields): SubscriptionSchedule {
  const schedule = findSchedule(world, id);
  const subscription = activeSubscriptionOf(world, schedule);
  const now = timeOf(world, schedule.test_clock);
  const phases = fields.phases ? phasesOf(world, schedule, subscription, fields.phases, now) : schedule.phases;
  const current = phases.find((each) => each.start_date <= now && now < each.end_date);
  if (!current) throw invalidRequest('A schedule must have a phase that is in force.', 'phases');
  change(world, 'subscription_schedule.updated', schedule, (each) => {
    each.phases = phases;
    each.current_phase = { end_date: current.end_date, start_date: current.start_date };
    if (fields.end_behavior !== undefined) each.end_behavior = fields.end_behavior;
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
  });
  applyPhase(world, subscription, current, fields.proration_behavior ?? 'create_prorations');
  return schedule;
}

/** The subscription goes on by itself, as it is; emits `subscription_schedule.released`. https://docs.stripe.com/api/subscription_schedules/release */
export function releaseSchedule(world: World, id: string): SubscriptionSchedule {
  const schedule = findSchedule(world, id);
  const subscription = activeSubscriptionOf(world, schedule);
  schedule.status = 'released';
  schedule.released_at = timeOf(world, schedule.test_clock);
  schedule.released_subscription = subscription.id;
  schedule.subscription = null;
  schedule.current_phase = null;
  emit(world, 'subscription_schedule.released', schedule);
  detach(world, subscription);
  return schedule;
}

/** Its subscription ends with it, at once; emits `subscription_schedule.canceled`. https://docs.stripe.com/api/subscription_schedules/cancel */
export function cancelSchedule(world: World, id: string): SubscriptionSchedule {
  const schedule = findSchedule(world, id);
  cancelSubscription(world, activeSubscriptionOf(world, schedule).id, {});
  return schedule;
}

/** The instant at which the phase in hand ends. */
export function phaseEnd(schedule: SubscriptionSchedule): number | null {
  return schedule.status === 'active' ? (schedule.current_phase?.end_date ?? null) : null;
}

/**
 * A phase is over: the next one changes the subscription; after the last one the schedule is completed and the
 * subscription released, or cancelled as `end_behavior` says. Emits `subscription_schedule.updated` or `.completed`.
 * https://docs.stripe.com/billing/subscriptions/subscription-schedules#transitioning-to-the-next-phase
 */
export function endPhase(world: World, schedule: SubscriptionSchedule): void {
  const subscription = activeSubscriptionOf(world, schedule);
  const ended = schedule.current_phase?.end_date ?? 0;
  const next = schedule.phases.find((each) => each.start_date === ended);
  if (next) {
    change(world, 'subscription_schedule.updated', schedule, (each) => {
      each.current_phase = { end_date: next.end_date, start_date: next.start_date };
    });
    applyPhase(world, subscription, next, next.proration_behavior);
    return;
  }
  if (schedule.end_behavior === 'cancel') {
    cancelSubscription(world, subscription.id, {});
    return;
  }
  schedule.status = 'completed';
  schedule.completed_at = timeOf(world, schedule.test_clock);
  schedule.released_subscription = subscription.id;
  schedule.subscription = null;
  schedule.current_phase = null;
  emit(world, 'subscription_schedule.completed', schedule);
  detach(world, subscription);
}

function detach(world: World, subscription: Subscription): void {
  change(world, 'customer.subscription.updated', subscription, (each) => {
    each.schedule = null;
  });
}

function activeSubscriptionOf(world: World, schedule: SubscriptionSchedule): Subscription {
  if (schedule.status !== 'active' || schedule.subscription === null) {
    throw invalidRequest(
      `This subscription schedule is ${schedule.status}: only one that is active or not started can be changed.`,
    );
  }
  return findSubscription(world, schedule.subscription);
}

/** Items whose price stays keep their id; of the others the first takes the place of the first. */
function applyPhase(world: World, subscription: Subscription, phase: SchedulePhase, prorations: Prorations): void {
  const wanted = [...phase.items];
  const left = [...subscription.items.data];
  const items: ItemChange[] = [];
  for (const item of subscription.items.data) {
    const same = wanted.findIndex((each) => each.price === item.price.id);
    if (same < 0) continue;
    const [kept] = wanted.splice(same, 1);
    left.splice(left.indexOf(item), 1);
    if (kept?.quantity !== item.quantity) items.push({ id: item.id, quantity: kept?.quantity ?? 1 });
  }
  for (const { price, quantity } of wanted) {
    const replaced = left.shift();
    items.push({ ...(replaced ? { id: replaced.id } : {}), price, quantity });
  }
  for (const { id } of left) items.push({ id, deleted: true });
  const hasMetadata = Object.keys(phase.metadata).length > 0;
  if (items.length === 0 && !hasMetadata) return;
  updateSubscription(
    world,
    subscription.id,
    {
      ...(items.length > 0 ? { items } : {}),
      ...(hasMetadata ? { metadata: phase.metadata } : {}),
      proration_behavior: prorations,
      off_session: true,
    },
    'schedule',
  );
}

function phasesOf(
  world: World,
  schedule: SubscriptionSchedule,
  subscription: Subscription,
  given: PhaseFields[],
  now: number,
): SchedulePhase[] {
  const phases: SchedulePhase[] = [];
  for (const [index, fields] of given.entries()) {
    const param = `phases[${index}]`;
    const before = phases.at(-1);
    const start =
      fields.start_date === 'now'
        ? now
        : (fields.start_date ?? before?.end_date ?? schedule.phases[0]?.start_date ?? now);
    if (before && start !== before.end_date) {
      throw invalidRequest('Each phase must begin where the one before it ends.', `${param}[start_date]`);
    }
    if (index === 0 && start !== schedule.current_phase?.start_date && start !== now) {
      throw invalidRequest('You can not modify the start date of the current phase.', `${param}[start_date]`);
    }
    const items = fields.items.map((each, at) => {
      const price = findPrice(world, each.price, `${param}[items][${at}][price]`);
      if (!price.active || !price.recurring || price.currency !== subscription.currency) {
        throw invalidRequest(
          `The price ${price.id} must be active, recurring and in ${subscription.currency}.`,
          `${param}[items][${at}][price]`,
        );
      }
      return itemOf(price.id, each.quantity ?? 1, mergeMetadata({}, each.metadata));
    });
    const [first] = items;
    if (!first)
      throw invalidRequest(`Missing required param: ${param}[items].`, `${param}[items]`, 'parameter_missing');
    const rhythm = fields.duration
      ? { interval: fields.duration.interval, interval_count: fields.duration.interval_count ?? 1 }
      : recurrenceOf(findPrice(world, first.price));
    const end = fields.end_date ?? anchorPlus(start, rhythm, 1);
    if (end <= start || end <= now) throw invalidRequest('A phase must end after it began.', `${param}[end_date]`);
    const prorations = fields.proration_behavior ?? 'create_prorations';
    phases.push(phaseOf(subscription, items, start, end, prorations, mergeMetadata({}, fields.metadata)));
  }
  return phases;
}

function phaseOf(
  subscription: Subscription,
  items: SchedulePhase['items'],
  start: number,
  end: number,
  prorations: Prorations,
  metadata: Metadata,
): SchedulePhase {
  return {
    add_invoice_items: [],
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: null,
    billing_thresholds: null,
    collection_method: null,
    currency: subscription.currency,
    default_payment_method: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    end_date: end,
    invoice_settings: null,
    items,
    metadata,
    on_behalf_of: null,
    proration_behavior: prorations,
    start_date: start,
    transfer_data: null,
    trial_end: null,
  };
}

function itemsOf(subscription: Subscription): SchedulePhase['items'] {
  return subscription.items.data.map(({ price, quantity, metadata }) => itemOf(price.id, quantity, metadata));
}

function itemOf(price: string, quantity: number | undefined, metadata: Metadata): SchedulePhase['items'][number] {
  return {
    billing_thresholds: null,
    discounts: [],
    metadata,
    price,
    ...(quantity === undefined ? {} : { quantity }),
    tax_rates: [],
  };
}
