import { wallSeconds } from './clock.ts';
import { findCustomer } from './customers.ts';
import { change, emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import type { Customer, PortalConfiguration, Price, Subscription } from './objects.ts';
import { attachToken, createPaymentMethod, rememberSetUp, testCardOf } from './payment-methods.ts';
import { amountOf } from './prices.ts';
import { createSchedule, releaseSchedule, updateSchedule } from './schedules.ts';
import type { PortalFlow, PortalFlowType, PortalPage, PortalSession } from './session-objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import { findSubscription, hasEnded } from './subscription-status.ts';
import { cancelSubscription, firstItem, updateSubscription } from './subscriptions.ts';
import type { World } from './world.ts';

/** https://docs.stripe.com/customer-management/integrate-customer-portal#session: 5 minutes to open it, an hour of use. */
const OPENED_WITHIN_MS = 5 * 60_000;
const USED_WITHIN_MS = 3_600_000;

export interface PortalSessionCreation {
  customer: string;
  configuration?: string | undefined;
  return_url?: string | undefined;
  locale?: string | undefined;
  flow_data?:
    | {
        type: PortalFlowType;
        after_completion?:
          | {
              type: 'hosted_confirmation' | 'portal_homepage' | 'redirect';
              redirect?: { return_url: string } | undefined;
              hosted_confirmation?: { custom_message?: string | undefined } | undefined;
            }
          | undefined;
        subscription_cancel?: { subscription: string } | undefined;
        subscription_update?: { subscription: string } | undefined;
        subscription_update_confirm?:
          | {
              subscription: string;
              items: { id: string; price?: string | undefined; quantity?: number | undefined }[];
            }
          | undefined;
      }
    | undefined;
}

/**
 * Lets a customer into the portal, through a link that lives a short while. Emits `billing_portal.session.created`.
 * https://docs.stripe.com/api/customer_portal/sessions/create, https://docs.stripe.com/customer-management/portal-deep-links
 */
export function createPortalSession(world: World, fields: PortalSessionCreation): PortalSession {
  const customer = findCustomer(world, fields.customer);
  const configuration = configurationFor(world, fields.configuration);
  const returnUrl = fields.return_url ?? configuration.default_return_url;
  const token = randomToken(60);
  const session: PortalSession = {
    id: newId('bps'),
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: wallSeconds(world),
    customer: customer.id,
    customer_account: null,
    flow: fields.flow_data ? flowOf(world, customer, configuration, fields.flow_data) : null,
    livemode: false,
    locale: fields.locale ?? null,
    on_behalf_of: null,
    return_url: returnUrl,
    url: `/portal/${token}`,
  };
  world.state.portalSessions[session.id] = session;
  world.state.portalPages[token] = { session: session.id, validUntilMs: world.wallMs() + OPENED_WITHIN_MS };
  emit(world, 'billing_portal.session.created', session);
  return session;
}

/** The session behind a link that is still good; each use prolongs it. */
export function openPortal(world: World, token: string): PortalSession | null {
  const page: PortalPage | undefined = world.state.portalPages[token];
  if (!page || page.validUntilMs < world.wallMs()) return null;
  page.validUntilMs = Math.max(page.validUntilMs, world.wallMs() + USED_WITHIN_MS);
  return world.state.portalSessions[page.session] ?? null;
}

/** What the portal offers in this session. */
export function featuresOf(world: World, session: PortalSession): PortalConfiguration['features'] {
  return configurationFor(world, session.configuration).features;
}

/** The customer's own subscriptions that go on, newest first. */
export function subscriptionsOf(world: World, session: PortalSession): Subscription[] {
  return Object.values(world.state.subscriptions)
    .filter((each) => each.customer === session.customer && !hasEnded(each))
    .reverse();
}

/** Prices that a subscription can be changed to. https://docs.stripe.com/customer-management/configure-portal */
export function choicesFor(world: World, session: PortalSession, subscription: Subscription): Price[] {
  const current = firstItem(subscription).price;
  return featuresOf(world, session)
    .subscription_update.products.flatMap(({ prices }) => prices)
    .flatMap((id) => world.state.prices[id] ?? [])
    .filter((price) => price.active && price.id !== current.id && price.currency === subscription.currency);
}

/**
 * Cancels as the configuration says. At period end a subscription of flexible billing mode gets `cancel_at`, and
 * `cancel_at_period_end` stays false. https://docs.stripe.com/billing/subscriptions/billing-mode, https://docs.stripe.com/customer-management/cancellation-page
 */
export function cancelInPortal(world: World, session: PortalSession, id: string): void {
  const { subscription_cancel: feature } = featuresOf(world, session);
  requireEnabled(feature.enabled, 'Cancelling');
  const subscription = ownSubscription(world, session, id);
  releaseFirst(world, subscription);
  if (feature.mode === 'immediately') {
    cancelSubscription(world, id, {});
    return;
  }
  const periodEnd = firstItem(subscription).current_period_end;
  const isFlexible = subscription.billing_mode.type === 'flexible';
  updateSubscription(world, id, isFlexible ? { cancel_at: periodEnd } : { cancel_at_period_end: true });
}

/** Takes a cancel back, and what was planned for the period's end. https://docs.stripe.com/customer-management#customer-portal-features */
export function undoInPortal(world: World, session: PortalSession, id: string): void {
  const subscription = ownSubscription(world, session, id);
  releaseFirst(world, subscription);
  if (subscription.cancel_at !== null) updateSubscription(world, id, { cancel_at_period_end: false });
}

/**
 * Changes to another price: a smaller one at the period's end, where the configuration says so; else at once, and only
 * once it is paid for. https://docs.stripe.com/customer-management/configure-portal, https://docs.stripe.com/billing/subscriptions/pending-updates
 *
 * @returns the page of an invoice that still waits for its payment, or `null`
 */
export function changeInPortal(
  world: World,
  session: PortalSession,
  id: string,
  priceId: string,
  quantity?: number,
): string | null {
  const { subscription_update: feature } = featuresOf(world, session);
  requireEnabled(feature.enabled && feature.default_allowed_updates.includes('price'), 'Changing the plan');
  const subscription = ownSubscription(world, session, id);
  const price = choicesFor(world, session, subscription).find((each) => each.id === priceId);
  if (!price) throw invalidRequest('This plan is not offered here.', 'price');
  releaseFirst(world, subscription);
  const item = firstItem(subscription);
  const wanted = { price: price.id, quantity: quantity ?? item.quantity ?? 1 };
  if (isDeferred(feature.schedule_at_period_end.conditions, item.price, price)) {
    const schedule = createSchedule(world, id, undefined);
    const [current] = schedule.phases;
    updateSchedule(world, schedule.id, {
      phases: [
        { items: current?.items ?? [], start_date: current?.start_date, end_date: current?.end_date },
        { items: [wanted, ...(current?.items.slice(1) ?? [])], proration_behavior: 'none' },
      ],
    });
    return null;
  }
  if (subscription.cancel_at !== null) updateSubscription(world, id, { cancel_at_period_end: false });
  const changed = updateSubscription(world, id, {
    items: [{ id: item.id, ...wanted }],
    proration_behavior: feature.proration_behavior,
    ...(feature.proration_behavior === 'always_invoice' ? { payment_behavior: 'pending_if_incomplete' as const } : {}),
  });
  if (!changed.pending_update) return null;
  return world.state.invoices[changed.latest_invoice ?? '']?.hosted_invoice_url ?? null;
}

/** A new card becomes the customer's default, and that of subscriptions with one of their own. https://docs.stripe.com/customer-management/portal-deep-links */
export function changeCardInPortal(
  world: World,
  session: PortalSession,
  given: { number: string; exp_month: number; exp_year: number },
): void {
  requireEnabled(featuresOf(world, session).payment_method_update.enabled, 'Changing the card');
  const customer = findCustomer(world, session.customer);
  const method = createPaymentMethod(world, given, undefined);
  const attached = attachToken(world, method.id, customer);
  if (testCardOf(attached).threeDSecure === 'none') rememberSetUp(world, attached.id);
  emit(world, 'payment_method.attached', attached);
  change(world, 'customer.updated', customer, (each) => {
    each.invoice_settings.default_payment_method = attached.id;
  });
  for (const subscription of subscriptionsOf(world, session)) {
    if (subscription.default_payment_method === null) continue;
    change(world, 'customer.subscription.updated', subscription, (each) => {
      each.default_payment_method = attached.id;
    });
  }
}

function releaseFirst(world: World, subscription: Subscription): void {
  if (subscription.schedule !== null) releaseSchedule(world, subscription.schedule);
}

/** https://docs.stripe.com/api/customer_portal/configurations/object#portal_configuration_object-features-subscription_update-schedule_at_period_end */
function isDeferred(
  conditions: PortalConfiguration['features']['subscription_update']['schedule_at_period_end']['conditions'],
  from: Price,
  to: Price,
): boolean {
  const length = ({ recurring }: Price) =>
    (recurring?.interval_count ?? 1) * { day: 1, week: 7, month: 30, year: 365 }[recurring?.interval ?? 'month'];
  return conditions.some(({ type }) =>
    type === 'decreasing_item_amount' ? amountOf(to, 1) < amountOf(from, 1) : length(to) < length(from),
  );
}

function ownSubscription(world: World, session: PortalSession, id: string): Subscription {
  const found = subscriptionsOf(world, session).find((each) => each.id === id);
  if (!found) throw noSuch('subscription', id, 'subscription');
  return found;
}

function configurationFor(world: World, id: string | undefined): PortalConfiguration {
  const all = Object.values(world.state.portalConfigurations);
  // Without one that is named, Stripe takes the account's default; here it is the oldest that is active.
  const found = id === undefined ? all.find((each) => each.active) : world.state.portalConfigurations[id];
  if (found) return found;
  if (id !== undefined) throw noSuch('configuration', id, 'configuration');
  throw invalidRequest(
    'No configuration provided and your test mode default configuration has not been created. Create a configuration first.',
    'configuration',
  );
}

function requireEnabled(enabled: boolean, what: string): void {
  if (!enabled) throw invalidRequest(`${what} is not offered here.`);
}

function flowOf(
  world: World,
  customer: Customer,
  { features }: PortalConfiguration,
  given: NonNullable<PortalSessionCreation['flow_data']>,
): PortalFlow {
  const { type, after_completion: after } = given;
  const about = type === 'payment_method_update' ? undefined : given[type];
  if (type !== 'payment_method_update') {
    const param = `flow_data[${type}]`;
    if (!about) throw invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
    const subscription = findSubscription(world, about.subscription, `${param}[subscription]`);
    if (subscription.customer !== customer.id || hasEnded(subscription)) {
      throw invalidRequest('The customer does not have this subscription, or it has ended.', `${param}[subscription]`);
    }
    if (type === 'subscription_cancel' && subscription.cancel_at !== null) {
      throw invalidRequest('This subscription is already set to be canceled.', `${param}[subscription]`);
    }
  }
  const feature = type === 'subscription_update_confirm' ? 'subscription_update' : type;
  if (!features[feature].enabled) {
    throw invalidRequest(
      `This flow is not possible because ${feature} is disabled in the portal configuration.`,
      'flow_data[type]',
    );
  }
  if (after?.type === 'redirect' && !after.redirect) {
    const param = 'flow_data[after_completion][redirect]';
    throw invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
  }
  return {
    after_completion: {
      hosted_confirmation:
        after?.type === 'hosted_confirmation'
          ? { custom_message: after.hosted_confirmation?.custom_message ?? null }
          : null,
      redirect: after?.redirect ?? null,
      type: after?.type ?? 'portal_homepage',
    },
    customer_update: null,
    subscription_cancel:
      type === 'subscription_cancel' ? { retention: null, subscription: about?.subscription ?? '' } : null,
    subscription_pause: null,
    subscription_update: type === 'subscription_update' ? { subscription: about?.subscription ?? '' } : null,
    subscription_update_confirm:
      type === 'subscription_update_confirm' && given.subscription_update_confirm
        ? {
            discounts: null,
            subscription: given.subscription_update_confirm.subscription,
            items: given.subscription_update_confirm.items.map(({ id, price, quantity }) => ({
              id,
              price: price ?? null,
              ...(quantity === undefined ? {} : { quantity }),
            })),
          }
        : null,
    type,
  };
}
