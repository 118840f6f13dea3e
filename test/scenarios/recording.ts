import type Stripe from 'stripe';
import { createStripeActivities } from '#activities/stripe.ts';
import { readStripe, type StripeReading } from '#activities/stripe-reading.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { type CommandOutcome, liftHold, placeHold, wishForWorkspace } from '#domain/commands.ts';
import type { DuplicateResult } from '#domain/duplicates.ts';
import { extendGrace } from '#domain/extend-grace.ts';
import { linkCustomer } from '#domain/link-customer.ts';
import { knownEvent, subjectOf } from '#domain/stripe-events.ts';
import { addMs, DAY_MS, type Instant } from '#domain/time.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { type RunningSimulator, seconds } from '#stripe-simulator/running-simulator.ts';
import { type Asked, type EffectKey, type OurEffect, type Prices, Stage, type TroubleKind } from './stage.ts';

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
  kind: TroubleKind;
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

/** What all stages share. */
export interface Theatre {
  simulator: RunningSimulator;
  prices: Prices;
  catalog: Catalog;
}

/** What a situation is opened with. */
export interface StageOptions {
  opensAt: Instant;
  /** Default: yes. */
  withCustomer?: boolean;
}

/** The account's one workspace. */
const WORKSPACE_ID = 'ws_1';

/**
 * Records what goes on at Stripe. Each step is followed by a read of what Stripe would
 * answer. Stripe does several things in one step (an invoice is paid, its subscription turns active): nobody can read in
 * between, so one read goes with all events of a step.
 */
export class RecordingStage extends Stage {
  readonly prices: Prices;
  private readonly recording: Recording;
  private readonly simulator: RunningSimulator;
  private readonly control: SimulatorControl;
  private readonly catalog: Catalog;
  private readonly clock: string;
  protected now: Instant;
  private lastEvent: string | null = null;
  private readonly charges = new Set<string>();

  private constructor(
    { simulator, prices, catalog }: Theatre,
    { clock, customerId, opensAt, withCustomer = true }: StageOptions & { clock: string; customerId: string },
  ) {
    super();
    this.simulator = simulator;
    this.control = new SimulatorControl(simulator.url);
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
      opensWithoutCustomer: !withCustomer,
      endsAt: opensAt,
    };
  }

  static async open(theatre: Theatre, options: StageOptions): Promise<RecordingStage> {
    const { stripe } = theatre.simulator;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: seconds(options.opensAt) });
    const customer = await stripe.customers.create({ email: 'ann@example.test', test_clock: clock.id });
    const stage = new RecordingStage(theatre, { ...options, clock: clock.id, customerId: customer.id });
    await stage.record();
    return stage;
  }

  get stripe(): Stripe {
    return this.simulator.stripe;
  }

  get customer(): string {
    return this.recording.customerId;
  }

  async until(at: Instant): Promise<void> {
    for (;;) {
      const { nextDueAt } = await this.control.clock(this.clock);
      const to = nextDueAt !== null && nextDueAt <= at ? nextDueAt : at;
      await this.control.advance(this.clock, to);
      this.now = to;
      if (nextDueAt === null || nextDueAt > at) return;
      await this.record();
    }
  }

  async happens<T>(act: (stripe: Stripe) => Promise<T>): Promise<T> {
    const done = await act(this.stripe);
    await this.record();
    return done;
  }

  /** Through the very activities that do it. In other orders it comes when we get to it. */
  async weCarryOut(effect: () => Promise<OurEffect>): Promise<void> {
    const { stripe, catalog } = this;
    const { key, carryOut } = await effect();
    const result = await carryOut(createStripeActivities({ stripe, catalog }));
    await this.record(key, key.kind === 'end-duplicate' ? (result as DuplicateResult) : null);
  }

  async asks(asked: Asked): Promise<void> {
    this.recording.commands.push({ at: this.now, id: asked.commandId, carryOut: this.commandOf(asked) });
  }

  async promises(expected: object): Promise<void> {
    this.recording.promised.push({ at: this.now, expected });
  }

  async trouble(kind: TroubleKind, days: number): Promise<void> {
    this.recording.troubles.push({ kind, from: this.now, until: daysAfter(this.now, days) });
  }

  async whileStopping(at: Instant, act: () => Promise<void>): Promise<void> {
    await this.until(addMs(at, 1000));
    await act();
  }

  opensDispute(chargeId: string): Promise<string> {
    return this.happens(() => this.control.openDispute(chargeId));
  }

  async closesDispute(disputeId: string, outcome: 'won' | 'lost'): Promise<void> {
    await this.happens(() => this.control.closeDispute(disputeId, outcome));
  }

  end(): Recording {
    return { ...this.recording, endsAt: this.now };
  }

  private commandOf(asked: Asked): Command['carryOut'] {
    const { commandId } = asked;
    switch (asked.what) {
      case 'link-customer':
        return (state, now) => linkCustomer(state, { commandId, stripeCustomerId: this.customer }, now);
      case 'extend-grace':
        return (state, now) => extendGrace(state, asked, now);
      case 'place-hold':
        return (state, now) => placeHold(state, { commandId, hold: 'admin', reason: asked.reason }, now);
      case 'lift-hold':
        return (state, now) => liftHold(state, { commandId, hold: 'admin' }, now);
      case 'wish':
        return (state, now) =>
          wishForWorkspace(state, { commandId, workspaceId: WORKSPACE_ID, wants: asked.wants }, now);
    }
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

/** The instant `days` after another. */
export function daysAfter(at: Instant, days: number): Instant {
  return addMs(at, days * DAY_MS);
}
