import type Stripe from 'stripe';
import { createStripeActivities } from '#activities/stripe.ts';
import { readStripe, type StripeReading } from '#activities/stripe-reading.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import type { CommandOutcome } from '#domain/commands.ts';
import type { DuplicateResult } from '#domain/duplicates.ts';
import type { Effect } from '#domain/effect.ts';
import { knownEvent, subjectOf } from '#domain/stripe-events.ts';
import { addMs, DAY_MS, type Instant } from '#domain/time.ts';
import { type RunningSimulator, seconds } from '#stripe-simulator/running-simulator.ts';

/** What Stripe would answer from an instant on, and the events that it sends then. */
export interface Moment {
  at: Instant;
  reading: StripeReading;
  events: { id: string; type: string }[];
  /** It is a consequence of an effect of ours: it does not come before that is carried out. */
  after: EffectKey | null;
  /** What the effect came to, for those of duplicates. */
  result: DuplicateResult | null;
}

export interface EffectKey {
  kind: Effect['kind'];
  subscriptionId: string | null;
}

/** What people and support ask of us, at an instant. */
export interface Command {
  at: Instant;
  id: string;
  carryOut: (state: AccountState, now: Instant) => CommandOutcome;
}

/** What has to be so at an instant in whatever order the events came. */
export interface Promised {
  at: Instant;
  expected: object;
}

/** A stretch in which something of ours, or between Stripe and us, does not work. */
export interface Trouble {
  /** `no-events`: what Stripe sends is lost. `no-signals`: it waits in the inbox. `no-mail`: no mail can be sent. */
  kind: 'no-events' | 'no-signals' | 'no-mail';
  from: Instant;
  until: Instant;
}

/** A situation as it went at Stripe, in time order. */
export interface Recording {
  opensAt: Instant;
  customerId: string;
  moments: Moment[];
  commands: Command[];
  promised: Promised[];
  troubles: Trouble[];
  /** The account was opened without its customer, who is linked by a command later. */
  opensWithoutCustomer: boolean;
  endsAt: Instant;
}

interface Prices {
  team: Stripe.Price;
  teamYear: Stripe.Price;
  studio: Stripe.Price;
  micro: Stripe.Price;
}

/** What all stages share. */
export interface Theatre {
  simulator: RunningSimulator;
  prices: Prices;
  catalog: Catalog;
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

/**
 * Where a situation is played at Stripe: a customer on a clock of its own. Each step is followed by a read of what Stripe would
 * answer. Stripe does several things in one step (an invoice is paid, its subscription turns active): nobody can read in
 * between, so one read goes with all events of a step.
 */
export class Stage {
  readonly recording: Recording;
  readonly simulator: RunningSimulator;
  readonly prices: Prices;
  private readonly catalog: Catalog;
  private readonly clock: string;
  private now: Instant;
  private lastEvent: string | null = null;
  private readonly charges = new Set<string>();

  private constructor(
    { simulator, prices, catalog }: Theatre,
    { clock, customerId, opensAt }: { clock: string; customerId: string; opensAt: Instant },
  ) {
    this.simulator = simulator;
    this.prices = prices;
    this.catalog = catalog;
    this.clock = clock;
    this.now = opensAt;
    this.recording = {
      opensAt,
      customerId,
      moments: [],
      commands: [],
      promised: [],
      troubles: [],
      opensWithoutCustomer: false,
      endsAt: opensAt,
    };
  }

  static async open(theatre: Theatre, opensAt: Instant): Promise<Stage> {
    const { stripe } = theatre.simulator;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(opensAt) });
    const customer = await stripe.customers.create({ email: 'ann@example.test', test_clock: clock.id });
    const stage = new Stage(theatre, { clock: clock.id, customerId: customer.id, opensAt });
    await stage.record();
    return stage;
  }

  get stripe(): Stripe {
    return this.simulator.stripe;
  }

  get customer(): string {
    return this.recording.customerId;
  }

  /** Time passes; whatever is due at Stripe until then happens at its own instant. */
  async until(at: Instant): Promise<void> {
    const path = `/_sim/clocks/${this.clock}`;
    for (;;) {
      const { nextDueAt } = await this.simulator.control<{ nextDueAt: Instant | null }>('GET', path);
      const to = nextDueAt !== null && nextDueAt <= at ? nextDueAt : at;
      await this.simulator.control('POST', `${path}/advance`, { to });
      this.now = to;
      if (nextDueAt === null || nextDueAt > at) return;
      await this.record();
    }
  }

  /** @param days whole or parts of days from now */
  passes(days: number): Promise<void> {
    return this.until(addMs(this.now, Math.round(days * 86_400) * 1000));
  }

  /** Something is done at Stripe: by the customer, by support in the dashboard, by another part of ours. */
  async happens<T>(act: (stripe: Stripe) => Promise<T>): Promise<T> {
    const done = await act(this.stripe);
    await this.record();
    return done;
  }

  /** Our own effect is carried out, through the very activities that do it. In other orders it comes when we get to it. */
  async weCarryOut(
    key: EffectKey,
    act: (activities: ReturnType<typeof createStripeActivities>) => Promise<unknown>,
  ): Promise<void> {
    const { stripe, catalog } = this;
    const result = await act(createStripeActivities({ stripe, catalog }));
    await this.record(key, key.kind === 'end-duplicate' ? (result as DuplicateResult) : null);
  }

  /** A person or support asks something of us. */
  asks(id: string, carryOut: Command['carryOut']): void {
    this.recording.commands.push({ at: this.now, id, carryOut });
  }

  /** By now, at the latest, all orders have come to this. At least two days after the last event. */
  promises(expected: object): void {
    this.recording.promised.push({ at: this.now, expected });
  }

  /** From now on, for some days. */
  trouble(kind: Trouble['kind'], days: number): void {
    this.recording.troubles.push({ kind, from: this.now, until: daysAfter(this.now, days) });
  }

  end(): Recording {
    return { ...this.recording, endsAt: this.now };
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

  /** Pays an open invoice of the customer with its default card. */
  async pays(which: 'oldest' | 'newest'): Promise<void> {
    await this.happens(async (stripe) => {
      const { data } = await stripe.invoices.list({ customer: this.customer, status: 'open' });
      const invoice = which === 'newest' ? data[0] : data.at(-1);
      if (!invoice?.id) throw new Error('There is no open invoice.');
      await stripe.invoices.pay(invoice.id);
    });
  }

  private async record(after: EffectKey | null = null, result: DuplicateResult | null = null): Promise<void> {
    const { stripe, customer: customerId, catalog, now: at } = this;
    const reading = await readStripe(stripe, { customerId, readAt: at, catalog });
    for (const { id } of reading.charges) this.charges.add(id);
    this.recording.moments.push({ at, reading, events: await this.newEvents(), after, result });
  }

  /** The events since the last look, oldest first: those of this customer that we act on. */
  private async newEvents(): Promise<Moment['events']> {
    const fresh: Stripe.Event[] = [];
    for await (const event of this.stripe.events.list({ limit: 100 })) {
      if (event.id === this.lastEvent) break;
      fresh.push(event);
    }
    this.lastEvent = fresh[0]?.id ?? this.lastEvent;
    const isOurs = ({ type, data }: Stripe.Event) => {
      const { customerId, chargeId } = subjectOf(type, data.object, data.previous_attributes);
      return knownEvent(type) !== null && (customerId === this.customer || this.charges.has(chargeId ?? ''));
    };
    return fresh
      .filter(isOurs)
      .map(({ id, type }) => ({ id, type }))
      .reverse();
  }
}

export function itemOf(subscription: Stripe.Subscription): string {
  const [item] = subscription.items.data;
  if (!item) throw new Error('The subscription has no item.');
  return item.id;
}

/** The instant `days` after another. */
export function daysAfter(at: Instant, days: number): Instant {
  return addMs(at, days * DAY_MS);
}
