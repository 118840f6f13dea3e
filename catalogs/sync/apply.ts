import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import { PRICE_KEY, priceKey, type Reference, type Step } from './plan.ts';
import { PORTAL_FEATURES } from './portal.ts';

/**
 * Does the steps at Stripe, in their order. What is made carries an idempotency key of its content, so that a step whose
 * answer was lost is not done twice. After an error the rest is left undone: a new plan begins where it ended.
 *
 * @param told is told of each step when it is done
 */
export async function applySync(
  stripe: Stripe,
  catalog: Catalog,
  steps: Step[],
  told: (step: Step) => void = () => undefined,
): Promise<void> {
  const made = new Map<string, string>();
  const idOf = (reference: Reference): string => {
    const id = 'id' in reference ? reference.id : made.get(reference.made);
    if (id === undefined) throw new Error(`No step before made ${JSON.stringify(reference)}.`);
    return id;
  };
  for (const step of steps) {
    const key = { idempotencyKey: `catalog/${catalog.id}/${digest(step)}` };
    switch (step.kind) {
      case 'create-product': {
        const { id } = await stripe.products.create({ name: step.name, metadata: step.metadata }, key);
        made.set(step.key, id);
        break;
      }
      case 'update-product': {
        const { name, active, metadata } = step;
        await stripe.products.update(step.id, {
          ...(name !== undefined && { name }),
          ...(active !== undefined && { active }),
          ...(metadata !== undefined && { metadata }),
        });
        break;
      }
      case 'create-meter': {
        const { id } = await stripe.billing.meters.create(
          {
            display_name: step.name,
            event_name: step.eventName,
            default_aggregation: { formula: step.aggregation },
            customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
            value_settings: { event_payload_key: 'value' },
          },
          key,
        );
        made.set(step.key, id);
        break;
      }
      case 'update-meter':
        await stripe.billing.meters.update(step.id, { display_name: step.name });
        break;
      case 'create-price': {
        const { lookupKey, currency, amount, interval } = step.price;
        const meter = step.meter && idOf(step.meter);
        const { id } = await stripe.prices.create(
          {
            product: idOf(step.product),
            currency,
            unit_amount_decimal: Stripe.Decimal.from(amount),
            recurring: { interval, ...(meter && { usage_type: 'metered', meter }) },
            lookup_key: lookupKey,
            transfer_lookup_key: true,
            metadata: { [PRICE_KEY]: lookupKey },
          },
          key,
        );
        made.set(priceKey(lookupKey), id);
        break;
      }
      case 'take-price': {
        const { id, lookupKey, active } = step;
        await stripe.prices.update(id, {
          lookup_key: lookupKey,
          transfer_lookup_key: true,
          metadata: { [PRICE_KEY]: lookupKey },
          ...(active !== undefined && { active }),
        });
        break;
      }
      case 'archive-price':
        if (step.newDefault) {
          const { product, price } = step.newDefault;
          await stripe.products.update(product, { default_price: idOf(price) });
        }
        await stripe.prices.update(step.id, { active: false });
        break;
      case 'create-portal':
        await stripe.billingPortal.configurations.create(
          { name: catalog.name, features: portalFeatures(), metadata: { leasehold_catalog: catalog.id } },
          key,
        );
        break;
      case 'update-portal':
        await stripe.billingPortal.configurations.update(step.id, { features: portalFeatures() });
    }
    told(step);
  }
}

function portalFeatures(): Stripe.BillingPortal.ConfigurationCreateParams.Features {
  const { customer_update } = PORTAL_FEATURES;
  return {
    ...PORTAL_FEATURES,
    customer_update: { ...customer_update, allowed_updates: [...customer_update.allowed_updates] },
  };
}

function digest(step: Step): string {
  return createHash('sha256').update(JSON.stringify(step)).digest('hex').slice(0, 32);
}
