import type Stripe from 'stripe';
import type { createStripeActivities } from '#activities/stripe.ts';
import type { Effect } from '#domain/effect.ts';
import { addMs, type Instant } from '#domain/time.ts';

/** What people and support ask of us. A repeated `commandId` is the same command. */
export type Asked = { commandId: string } & (
  | { what: 'link-customer' }
  | { what: 'extend-grace'; days: number; reason: string }
  | { what: 'place-hold'; reason: string }
  | { what: 'lift-hold' }
  | { what: 'wish'; wants: 'running' | 'stopped' }
);

/** `no-events`: what Stripe sends is lost. `no-signals`: it waits. `no-mail`: no mail can be sent. */
export type TroubleKind = 'no-events' | 'no-signals' | 'no-mail';

export interface EffectKey {
  kind: Effect['kind'];
  subscriptionId: string | null;
}

/** An effect of ours that the account's workflow has decided on. */
export interface OurEffect {
  key: EffectKey;
  carryOut: (activities: ReturnType<typeof createStripeActivities>) => Promise<unknown>;
}

export interface Prices {
  team: Stripe.Price;
  teamYear: Stripe.Price;
  studio: Stripe.Price;
  micro: Stripe.Price;
}

/** Makes the catalog's prices at a simulator, once for each. */
export async function makePrices(stripe: Stripe): Promise<Prices> {
  const product = await stripe.products.create({ name: 'Plans' });
  const price = (lookup_key: string, unit_amount: number, interval: 'month' | 'year' = 'month') =>
    stripe.prices.create({ product: product.id, currency: 'usd', unit_amount, lookup_key, recurring: { interval } });
  return {
    team: await price('test_team_month', 2900),
    teamYear: await price('test_team_year', 29_000, 'year'),
    studio: await price('test_studio_month', 9900),
    micro: await price('test_micro_month', 500),
  };
}

/** Where a situation is played: a customer at Stripe on a clock of its own, and an account of ours or what records for one. */
export abstract class Stage {
  abstract readonly stripe: Stripe;
  /** Its id at Stripe. */
  abstract readonly customer: string;
  abstract readonly prices: Prices;
  protected abstract now: Instant;

  /** Time passes; whatever is due until then happens at its own instant. */
  abstract until(at: Instant): Promise<void>;

  /** Something is done at Stripe: by the customer, by support in the dashboard, by another part of ours. */
  abstract happens<T>(act: (stripe: Stripe) => Promise<T>): Promise<T>;

  /** By now an effect of ours has been decided on, and is carried out. */
  abstract weCarryOut(effect: () => Promise<OurEffect>): Promise<void>;

  /** A person or support asks something of us. */
  abstract asks(asked: Asked): Promise<void>;

  /** By now, at the latest, all orders have come to this. At least two days after the last event. */
  abstract promises(expected: object): Promise<void>;

  /** From now on, for some days. */
  abstract trouble(kind: TroubleKind, days: number): Promise<void>;

  /** At an instant the workspace begins to be stopped; something is done before that has come to its end. */
  abstract whileStopping(at: Instant, act: () => Promise<void>): Promise<void>;

  /** The cardholder's bank opens a dispute. Returns its id. */
  abstract opensDispute(chargeId: string): Promise<string>;

  abstract closesDispute(disputeId: string, outcome: 'won' | 'lost'): Promise<void>;

  /** @param days whole or parts of days from now */
  passes(days: number): Promise<void> {
    return this.until(addMs(this.now, Math.round(days * 86_400) * 1000));
  }

  /** A card becomes the customer's default. */
  async card(token: string): Promise<void> {
    await this.happens(async (stripe) => {
      const card = await stripe.paymentMethods.attach(token, { customer: this.customer });
      await stripe.customers.update(this.customer, { invoice_settings: { default_payment_method: card.id } });
    });
  }

  subscribe(
    price: Stripe.Price,
    more: Partial<Stripe.SubscriptionCreateParams> = {},
  ): Promise<Stripe.Response<Stripe.Subscription>> {
    const params = { customer: this.customer, items: [{ price: price.id }], ...more };
    return this.happens((stripe) => stripe.subscriptions.create(params));
  }

  change(subscription: Stripe.Subscription, params: Stripe.SubscriptionUpdateParams): Promise<Stripe.Subscription> {
    return this.happens((stripe) => stripe.subscriptions.update(subscription.id, params));
  }

  /** A change of price as our client asks for it: it waits for its payment. */
  upgrade(subscription: Stripe.Subscription, price: Stripe.Price): Promise<Stripe.Subscription> {
    return this.change(subscription, {
      items: [{ id: itemOf(subscription), price: price.id }],
      payment_behavior: 'pending_if_incomplete',
      proration_behavior: 'always_invoice',
    });
  }

  /** Pays an open invoice of the customer, with its default card or the one that is named. */
  async pays(which: 'oldest' | 'newest', card?: string): Promise<void> {
    await this.happens(async (stripe) => {
      const { data } = await stripe.invoices.list({ customer: this.customer, status: 'open' });
      const invoice = which === 'newest' ? data[0] : data.at(-1);
      if (!invoice?.id) throw new Error('There is no open invoice.');
      await stripe.invoices.pay(invoice.id, card === undefined ? {} : { payment_method: card });
    });
  }
}

export function itemOf(subscription: Stripe.Subscription): string {
  const [item] = subscription.items.data;
  if (!item) throw new Error('The subscription has no item.');
  return item.id;
}
