import { randomUUID } from 'node:crypto';
import { timeOf } from './clock.ts';
import { emitThin } from './events.ts';
import { newId } from './ids.ts';
import type { Meter, Price } from './objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { MeterErrorCode, MeterEvent, RecordedMeterEvent } from './usage-objects.ts';
import type { World } from './world.ts';

/** https://docs.stripe.com/api/billing/meter-event/create#create_billing_meter_event-timestamp */
const OLDEST_SECONDS = 35 * 86_400;
const NEWEST_SECONDS = 5 * 60;
/** https://docs.stripe.com/api/billing/meter-event/create#create_billing_meter_event-identifier */
const UNIQUE_SECONDS = 24 * 3600;
/** Only as long can an event be taken back. https://docs.stripe.com/api/billing/meter-event-adjustment */
const CANCELLABLE_SECONDS = 24 * 3600;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const ZERO = { digits: 0n, places: 0 };

export interface MeterEventCreation {
  event_name: string;
  payload: Record<string, string>;
  identifier?: string | undefined;
  timestamp?: number | undefined;
}

/**
 * Records usage. An identifier counts once within 24 hours; a time that is too old or ahead is refused. What is wrong with
 * the payload comes later, as `v1.billing.meter.error_report_triggered`.
 * https://docs.stripe.com/api/billing/meter-event/create, https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api
 */
export function createMeterEvent(world: World, fields: MeterEventCreation): MeterEvent {
  const meters = Object.values(world.state.meters).filter((each) => each.event_name === fields.event_name);
  const meter = meters.find((each) => each.status === 'active') ?? meters[0];
  if (!meter) {
    throw invalidRequest(`No active meter found for the event name ${fields.event_name}.`, 'event_name', 'no_meter');
  }
  const customerId = fields.payload[meter.customer_mapping.event_payload_key];
  const customer = customerId === undefined ? undefined : world.state.customers[customerId];
  const now = timeOf(world, customer?.test_clock ?? null);
  const timestamp = fields.timestamp ?? now;
  if (timestamp < now - OLDEST_SECONDS) {
    throw invalidRequest('The timestamp is more than 35 days in the past.', 'timestamp', 'timestamp_too_far_in_past');
  }
  if (timestamp > now + NEWEST_SECONDS) {
    throw invalidRequest('The timestamp is more than 5 minutes in the future.', 'timestamp', 'timestamp_in_future');
  }
  const identifier = fields.identifier ?? randomUUID();
  const twin = Object.values(world.state.meterEvents).find(
    ({ event }) => event.identifier === identifier && now - event.created < UNIQUE_SECONDS,
  );
  if (twin) {
    throw invalidRequest(
      `An event already exists with identifier ${identifier}.`,
      'identifier',
      'duplicate_meter_event',
    );
  }
  const event: MeterEvent = {
    object: 'billing.meter_event',
    created: now,
    event_name: fields.event_name,
    identifier,
    livemode: false,
    payload: fields.payload,
    timestamp,
  };
  const given = fields.payload[meter.value_settings.event_payload_key];
  const error = errorOf(meter, customerId, customer !== undefined, given);
  const recorded: RecordedMeterEvent = {
    id: newId('mtrev'),
    event,
    meter: error === null ? meter.id : null,
    customer: customer?.id ?? null,
    value: error === null ? (given ?? '1') : '0',
    cancelled: false,
  };
  world.state.meterEvents[recorded.id] = recorded;
  if (error !== null) reportError(world, meter, error, identifier, now);
  return event;
}

/** Takes an event back, once, within 24 hours. https://docs.stripe.com/api/billing/meter-event-adjustment/create */
export function cancelMeterEvent(world: World, eventName: string, identifier: string): object {
  const found = Object.values(world.state.meterEvents)
    .reverse()
    .find(({ event }) => event.identifier === identifier && event.event_name === eventName);
  if (!found) throw noSuch('meter event', identifier, 'cancel[identifier]');
  const customer = world.state.customers[found.customer ?? ''];
  const now = timeOf(world, customer?.test_clock ?? null);
  if (now - found.event.created > CANCELLABLE_SECONDS) {
    throw invalidRequest('Meter events can be cancelled within 24 hours of their receipt.', 'cancel[identifier]');
  }
  found.cancelled = true;
  return {
    object: 'billing.meter_event_adjustment',
    cancel: { identifier },
    event_name: eventName,
    livemode: false,
    status: 'pending',
    type: 'cancel',
  };
}

/**
 * What a meter has counted for a customer, as a decimal: `start` is within, `end` is not.
 * https://docs.stripe.com/api/billing/meter/object#billing_meter_object-default_aggregation-formula
 */
export function meterSum(world: World, meter: Meter, customer: string, from: number, to: number): string {
  const counted = Object.values(world.state.meterEvents)
    .filter(
      ({ event, ...each }) =>
        each.meter === meter.id &&
        each.customer === customer &&
        !each.cancelled &&
        event.timestamp >= from &&
        event.timestamp < to,
    )
    .sort((a, b) => a.event.timestamp - b.event.timestamp);
  const { formula } = meter.default_aggregation;
  if (formula === 'count') return String(counted.length);
  if (formula === 'last') return counted.at(-1)?.value ?? '0';
  return written(counted.reduce((sum, { value }) => plus(sum, read(value)), ZERO));
}

/** The usage that a metered price charges for a period. */
export function usageOf(world: World, price: Price, customer: string, period: { start: number; end: number }): string {
  const meter = world.state.meters[price.recurring?.meter ?? ''];
  return meter ? meterSum(world, meter, customer, period.start, period.end) : '0';
}

/** What so much usage costs, in whole minor units, halves up. https://docs.stripe.com/api/prices/object#price_object-unit_amount_decimal */
export function meteredAmount(
  price: Price,
  used: string,
): { amount: number; quantity: number; quantity_decimal: string; subtotal: number } {
  const a = read(used);
  const b = read(price.unit_amount_decimal);
  const scale = 10n ** BigInt(a.places + b.places);
  const product = a.digits * b.digits;
  const amount = Number((2n * product + scale) / (2n * scale));
  return { amount, quantity: Math.floor(Number(used)), quantity_decimal: used, subtotal: amount };
}

export interface MeterEventSummary {
  id: string;
  object: 'billing.meter_event_summary';
  aggregated_value: number;
  end_time: number;
  livemode: false;
  meter: string;
  start_time: number;
}

/** One sum over the window, or one for each day or hour. https://docs.stripe.com/api/billing/meter-event-summary/list */
export function meterSummaries(
  world: World,
  meter: Meter,
  window: {
    customer: string;
    start_time: number;
    end_time: number;
    value_grouping_window?: 'day' | 'hour' | undefined;
  },
): MeterEventSummary[] {
  const { customer, start_time: start, end_time: end, value_grouping_window: grouping } = window;
  // https://docs.stripe.com/api/billing/meter-event-summary/list#list_meter_event_summaries-start_time
  const grain = grouping === 'day' ? 86_400 : grouping === 'hour' ? 3600 : 60;
  if (start % grain !== 0 || end % grain !== 0 || end <= start) {
    throw invalidRequest('The window must begin and end on boundaries of minutes, or of its groups.', 'start_time');
  }
  const step = grouping === undefined ? end - start : grain;
  const summaries: MeterEventSummary[] = [];
  for (let at = start; at < end; at += step) {
    summaries.push({
      id: newId('mtrusg'),
      object: 'billing.meter_event_summary',
      aggregated_value: Number(meterSum(world, meter, customer, at, at + step)),
      end_time: at + step,
      livemode: false,
      meter: meter.id,
      start_time: at,
    });
  }
  return summaries;
}

function errorOf(
  meter: Meter,
  customerId: string | undefined,
  customerIsThere: boolean,
  value: string | undefined,
): MeterErrorCode | null {
  if (meter.status !== 'active') return 'archived_meter';
  if (customerId === undefined) return 'meter_event_no_customer_defined';
  if (!customerIsThere) return 'meter_event_customer_not_found';
  const counts = meter.default_aggregation.formula === 'count';
  return (counts && value === undefined) || DECIMAL.test(value ?? '') ? null : 'meter_event_invalid_value';
}

/** Each event that could not be counted has a report of its own. https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#handle-errors */
function reportError(world: World, meter: Meter, code: MeterErrorCode, identifier: string, at: number): void {
  const instant = new Date(at * 1000).toISOString();
  emitThin(world, 'v1.billing.meter.error_report_triggered', {
    created: instant,
    related: { id: meter.id, type: 'billing.meter', url: `/v1/billing/meters/${meter.id}` },
    data: {
      developer_message_summary: 'There is 1 invalid event',
      reason: {
        error_count: 1,
        error_types: [
          {
            code,
            error_count: 1,
            sample_errors: [{ error_message: `The meter event was not counted: ${code}.`, request: { identifier } }],
          },
        ],
      },
      validation_end: instant,
      validation_start: instant,
    },
  });
}

interface Decimal {
  digits: bigint;
  places: number;
}

function read(text: string): Decimal {
  const [whole = '0', fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), places: fraction.length };
}

function plus(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  const at = (each: Decimal) => each.digits * 10n ** BigInt(places - each.places);
  return { digits: at(a) + at(b), places };
}

function written({ digits, places }: Decimal): string {
  if (places === 0) return String(digits);
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
  return `${sign}${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, '');
}
