import { wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Metadata, PortalConfiguration, PortalFeatures } from './objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

/** The features in part, each field as given. */
export type GivenFeatures = { [Name in keyof PortalFeatures]?: Partial<PortalFeatures[Name]> | undefined };

export interface PortalConfigurationFields {
  active?: boolean | undefined;
  business_profile?:
    | { [Name in keyof PortalConfiguration['business_profile']]?: string | null | undefined }
    | undefined;
  default_return_url?: string | null | undefined;
  features?: GivenFeatures | undefined;
  metadata?: Metadata | null | undefined;
  name?: string | null | undefined;
}

/** @throws StripeError `resource_missing` */
export function findPortalConfiguration(world: World, id: string): PortalConfiguration {
  const configuration = world.state.portalConfigurations[id];
  if (!configuration) throw noSuch('configuration', id, 'id');
  return configuration;
}

/** Emits `billing_portal.configuration.created`. https://docs.stripe.com/api/customer_portal/configurations/create */
export function createPortalConfiguration(
  world: World,
  fields: PortalConfigurationFields & { features: GivenFeatures },
): PortalConfiguration {
  const created = wallSeconds(world);
  const configuration: PortalConfiguration = {
    id: newId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
    created,
    default_return_url: null,
    features: switchedOff(),
    is_default: false,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: {},
    name: null,
    updated: created,
  };
  merge(world, configuration, fields);
  world.state.portalConfigurations[configuration.id] = configuration;
  emit(world, 'billing_portal.configuration.created', configuration);
  return configuration;
}

/** Emits `billing_portal.configuration.updated`. https://docs.stripe.com/api/customer_portal/configurations/update */
export function updatePortalConfiguration(
  world: World,
  id: string,
  fields: PortalConfigurationFields,
): PortalConfiguration {
  const configuration = findPortalConfiguration(world, id);
  change(world, 'billing_portal.configuration.updated', configuration, (each) => {
    merge(world, each, fields);
    each.updated = wallSeconds(world);
  });
  return configuration;
}

function merge(world: World, configuration: PortalConfiguration, fields: PortalConfigurationFields): void {
  const features = structuredClone(configuration.features);
  for (const [name, given] of Object.entries(fields.features ?? {})) {
    Object.assign(features[name as keyof PortalFeatures], given);
  }
  requireProducts(world, features.subscription_update);
  configuration.features = features;
  if (fields.active !== undefined) configuration.active = fields.active;
  if (fields.default_return_url !== undefined) configuration.default_return_url = fields.default_return_url;
  if (fields.name !== undefined) configuration.name = fields.name;
  Object.assign(configuration.business_profile, fields.business_profile);
  configuration.metadata = mergeMetadata(configuration.metadata, fields.metadata);
}

/** Plans can be changed in the portal only among products that are named. https://docs.stripe.com/customer-management/configure-portal */
function requireProducts(world: World, update: PortalFeatures['subscription_update']): void {
  const param = 'features[subscription_update][products]';
  if (update.enabled && update.products.length === 0) {
    throw invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
  }
  for (const { product, prices } of update.products) {
    for (const id of prices) {
      if (world.state.prices[id]?.product === product) continue;
      throw invalidRequest(`The price ${id} is no price of the product ${product}.`, param);
    }
  }
}

function switchedOff(): PortalFeatures {
  return {
    customer_update: { allowed_updates: [], enabled: false },
    invoice_history: { enabled: false },
    payment_method_update: { enabled: false, payment_method_configuration: null },
    subscription_cancel: {
      cancellation_reason: { enabled: false, feedback_options: null, options: [] },
      enabled: false,
      mode: 'at_period_end',
      proration_behavior: 'none',
    },
    subscription_pause: { duration: { interval_options: [], type: 'indefinite' }, enabled: false },
    subscription_update: {
      billing_cycle_anchor: null,
      default_allowed_updates: [],
      enabled: false,
      products: [],
      proration_behavior: 'none',
      schedule_at_period_end: { conditions: [] },
      trial_update_behavior: 'end_trial',
    },
  };
}
