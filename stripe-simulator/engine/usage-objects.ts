/** https://docs.stripe.com/api/billing/meter-event/object */
export interface MeterEvent {
  object: 'billing.meter_event';
  created: number;
  event_name: string;
  identifier: string;
  livemode: false;
  payload: Record<string, string>;
  timestamp: number;
}

/** A meter event with what the simulator knows of it. */
export interface RecordedMeterEvent {
  id: string;
  event: MeterEvent;
  /** The meter that counts it; `null` when nothing does. */
  meter: string | null;
  customer: string | null;
  /** What it adds, a decimal; `0` when it does not count. */
  value: string;
  /** Taken back by an adjustment. */
  cancelled: boolean;
}

/** Why a meter event was not counted. https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api#handle-errors */
export type MeterErrorCode =
  | 'archived_meter'
  | 'meter_event_customer_not_found'
  | 'meter_event_invalid_value'
  | 'meter_event_no_customer_defined'
  | 'no_meter';

/** An event of API v2: its notification names the object, its data are fetched. https://docs.stripe.com/event-destinations#thin-events */
export interface ThinEvent {
  id: string;
  object: 'v2.core.event';
  context: null;
  created: string;
  data: Record<string, unknown>;
  livemode: false;
  reason: null;
  related_object: { id: string; type: string; url: string } | null;
  type: string;
}
