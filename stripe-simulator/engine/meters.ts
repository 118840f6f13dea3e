import { wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import type { Meter } from './objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

export interface MeterCreation {
  display_name: string;
  event_name: string;
  default_aggregation: { formula: Meter['default_aggregation']['formula'] };
  customer_mapping?: { event_payload_key: string; type: 'by_id' } | undefined;
  value_settings?: { event_payload_key: string } | undefined;
}

/** @throws StripeError `resource_missing` */
export function findMeter(world: World, id: string, param = 'id'): Meter {
  const meter = world.state.meters[id];
  if (!meter) throw noSuch('billing meter', id, param);
  return meter;
}

/**
 * Emits `billing.meter.created`. An event name belongs to one active meter.
 * https://docs.stripe.com/api/billing/meter/create
 */
export function createMeter(world: World, fields: MeterCreation): Meter {
  const holder = Object.values(world.state.meters).find(
    (each) => each.event_name === fields.event_name && each.status === 'active',
  );
  if (holder) {
    throw invalidRequest(
      `An active meter (\`${holder.id}\`) already uses the event name ${fields.event_name}.`,
      'event_name',
    );
  }
  const created = wallSeconds(world);
  const meter: Meter = {
    id: newId('mtr'),
    object: 'billing.meter',
    created,
    customer_mapping: fields.customer_mapping ?? { event_payload_key: 'stripe_customer_id', type: 'by_id' },
    default_aggregation: fields.default_aggregation,
    display_name: fields.display_name,
    event_name: fields.event_name,
    event_time_window: null,
    livemode: false,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: created,
    value_settings: fields.value_settings ?? { event_payload_key: 'value' },
  };
  world.state.meters[meter.id] = meter;
  emit(world, 'billing.meter.created', meter);
  return meter;
}

/** Emits `billing.meter.updated`. Nothing but the name can be changed. https://docs.stripe.com/api/billing/meter/update */
export function updateMeter(world: World, id: string, fields: { display_name?: string | undefined }): Meter {
  const meter = findMeter(world, id);
  change(world, 'billing.meter.updated', meter, (each) => {
    if (fields.display_name !== undefined && fields.display_name !== each.display_name) {
      each.display_name = fields.display_name;
      each.updated = wallSeconds(world);
    }
  });
  return meter;
}

/** Emits `billing.meter.deactivated` or `.reactivated`. https://docs.stripe.com/api/billing/meter/deactivate */
export function setMeterStatus(world: World, id: string, status: Meter['status']): Meter {
  const meter = findMeter(world, id);
  if (meter.status === status) throw invalidRequest(`The meter ${id} is already ${status}.`, 'id');
  const at = wallSeconds(world);
  change(world, `billing.meter.${status === 'active' ? 'reactivated' : 'deactivated'}`, meter, (each) => {
    each.status = status;
    each.status_transitions.deactivated_at = status === 'active' ? null : at;
    each.updated = at;
  });
  return meter;
}
