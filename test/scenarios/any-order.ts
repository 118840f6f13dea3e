import { snapshotOf } from '#activities/stripe-snapshot.ts';
import type { AccountState, ObservedWorkspace } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import type { Effect } from '#domain/effect.ts';
import { openAccount } from '#domain/open-account.ts';
import { type BillingSnapshot, emptySnapshot } from '#domain/snapshot.ts';
import { addMs, DAY_MS, earliest, type Instant } from '#domain/time.ts';
import type { Happened } from '#domain/timeline.ts';
import { AccountDesk } from '#workflows/subscription/account-desk.ts';
import { look, type Reading } from '#workflows/subscription/look.ts';
import type { BillingHint } from '#workflows/subscription/messages.ts';
import { unlawfulEffect, unlawfulIn } from './lawful.ts';
import type { Moment, Recording, Trouble } from './recording.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { EffectKey } from './stage.ts';
import { VirtualTime } from './virtual-time.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
/** No event is later than this: the reconciliation compares every account daily. */
const LATEST_MS = 25 * HOUR_MS;
/** After the end there is no disorder any more: what waited is done. */
const SETTLING_MS = 12 * HOUR_MS;

/** How often something came in another way than at once and in order, or did not work at first. */
export interface Disorder {
  late: number;
  doubled: number;
  /** Lost, and found by a comparison later. */
  found: number;
  unanswered: number;
  unsaved: number;
  failedEffects: number;
  freshRuns: number;
}

/** A life of the account through one order of events. */
export interface Lived {
  state: AccountState;
  /** In the order in which they were carried out. */
  carriedOut: Effect[];
  /** What was promised for an instant, beside what was so. */
  promised: { at: Instant; expected: object; actual: AccountState }[];
  disorder: Disorder;
}

/**
 * Lives a recorded situation through the loop of the workflow: hints come, the loop reads what Stripe would have answered just
 * then, decides, saves, and lets outbox and hosts follow.
 *
 * @param random how events are delayed, doubled, lost and found again, what fails and how long it takes; `null`: in time order,
 *   once and at once
 * @throws Error on anything unlawful on the way
 */
export async function live(recording: Recording, catalog: Catalog, random: SeededRandom | null): Promise<Lived> {
  const life = new Life(recording, catalog, random);
  return life.live();
}

class WatchedDesk extends AccountDesk {
  private readonly watch: (before: AccountState, after: AccountState) => void;

  constructor(watch: (before: AccountState, after: AccountState) => void) {
    super();
    this.watch = watch;
  }

  override put(next: AccountState, happened: Happened[], actedOn: string[] = []): void {
    if (this.state) this.watch(this.state, next);
    super.put(next, happened, actedOn);
  }
}

class Life {
  private readonly recording: Recording;
  private readonly catalog: Catalog;
  private readonly random: SeededRandom | null;
  private readonly time: VirtualTime;
  private readonly carriedOut: Effect[] = [];
  private readonly promised: Lived['promised'] = [];
  private readonly disorder: Disorder = {
    late: 0,
    doubled: 0,
    found: 0,
    unanswered: 0,
    unsaved: 0,
    failedEffects: 0,
    freshRuns: 0,
  };
  private readonly done = new Set<string>();
  private readonly effectsDone: EffectKey[] = [];
  /** Events come within seconds, while others are being acted on; else late, several times, or only when they are looked for. */
  private readonly isBrisk: boolean;
  private readonly outages: { from: Instant; until: Instant }[];
  /** Hints of a customer whom no account has yet. */
  private waiting: BillingHint[] = [];
  private desk: WatchedDesk;
  private position = 0;
  private lastRead: BillingSnapshot | null = null;
  private ended = false;

  constructor(recording: Recording, catalog: Catalog, random: SeededRandom | null) {
    this.recording = recording;
    this.catalog = catalog;
    this.random = random;
    this.time = new VirtualTime(recording.opensAt);
    this.desk = this.newDesk();
    this.isBrisk = random?.chance(0.3) ?? false;
    this.outages = this.planOutages();
  }

  async live(): Promise<Lived> {
    const { recording, time, desk } = this;
    const failures: unknown[] = [];
    const follow = (coroutine: Promise<void>) => void coroutine.catch((error) => failures.push(error));
    desk.put(this.opened(), []);
    desk.lookAsked = true;
    for (const { at } of recording.moments) time.at(at, () => this.proceed());
    // What was promised for an instant is looked at before anything is asked at it.
    for (const each of recording.promised)
      time.at(each.at, () => this.promised.push({ ...each, actual: this.account }));
    for (const each of recording.commands) time.at(each.at, () => this.command(each));
    follow(this.loop());
    follow(this.emptyOutbox());
    for (const { id } of this.account.workspaces) follow(this.host(id));
    const check = () => {
      if (failures.length > 0) throw failures[0];
    };
    await time.runUntil(recording.endsAt);
    check();
    this.ended = true;
    await time.runUntil(addMs(recording.endsAt, SETTLING_MS));
    check();
    return {
      state: this.account,
      carriedOut: this.carriedOut,
      promised: this.promised,
      disorder: this.disorder,
    };
  }

  private get account(): AccountState {
    if (!this.desk.state) throw new Error('There is no account.');
    return this.desk.state;
  }

  private opened(): AccountState {
    const { opensAt, customerId, opensWithoutCustomer } = this.recording;
    const opening = {
      accountId: 'acc_1',
      ownerUserId: 'user_1',
      stripeCustomerId: opensWithoutCustomer ? null : customerId,
      workspaces: [{ id: 'ws_1', name: 'Main', hostId: 'local' }],
    };
    return openAccount(opening, opensAt, this.catalog);
  }

  /** As `workflow.ts`: save, look, save, sleep. */
  private async loop(): Promise<void> {
    for (;;) {
      this.save();
      const { desk } = this;
      const looked = !desk.needsLook(this.time.now()) || (await look(desk, this.read, this.time.now));
      const saved = this.save();
      if (!looked || !saved) {
        const { version } = this.account;
        const until = addMs(this.time.now(), 60 * SECOND_MS);
        await this.time.condition(() => this.account.version !== version, until);
        continue;
      }
      if (this.happens(0.1)) this.continueAsNew();
      const isNew = () => this.desk.unsaved !== null || this.desk.needsLook(this.time.now());
      await this.time.condition(isNew, earliest(this.desk.deadlines()));
    }
  }

  private save(): boolean {
    const unsaved = this.desk.takeUnsaved();
    if (!unsaved) return true;
    if (this.happens(0.05)) {
      this.disorder.unsaved += 1;
      this.desk.putBack(unsaved);
      return false;
    }
    this.desk.markSaved(this.account);
    return true;
  }

  /** A fresh run takes up what the last one carries. */
  private continueAsNew(): void {
    const carried = JSON.parse(JSON.stringify(this.desk.carry()));
    this.disorder.freshRuns += 1;
    this.desk = this.newDesk();
    this.desk.restore(carried);
  }

  /** What Stripe says when the read begins; it is answered a little later, or not at all. */
  private readonly read = async (customerId: string | null): Promise<Reading | null> => {
    const { time, catalog } = this;
    const readAt = time.now();
    const reading = this.recording.moments[this.position]?.reading;
    await time.sleep(this.random?.between(0, 20 * SECOND_MS) ?? 0);
    if (this.outages.some(({ from, until }) => from <= readAt && readAt < until)) {
      this.disorder.unanswered += 1;
      return null;
    }
    if (!reading) throw new Error('Nothing was recorded.');
    const snapshot = customerId === null ? emptySnapshot(readAt) : snapshotOf({ ...reading, readAt });
    this.lastRead = snapshot;
    return { catalog, snapshot };
  };

  /** As `outbox.ts`: one by one; what fails waits, the others go on. */
  private async emptyOutbox(): Promise<void> {
    const { time } = this;
    const waiting = new Map<string, Instant>();
    const due = () => this.desk.readyEffects().find(({ id }) => (waiting.get(id) ?? '') <= time.now());
    for (;;) {
      const retryAt = earliest(this.desk.readyEffects().flatMap(({ id }) => waiting.get(id) ?? []));
      await time.condition(() => due() !== undefined, retryAt);
      const effect = due();
      if (!effect) continue;
      this.demand(unlawfulEffect(this.account, effect), `before ${effect.id}`);
      await time.sleep(this.random?.between(0, 10 * SECOND_MS) ?? 0);
      const isDown = effect.kind === 'mail' && this.isTroubled('no-mail');
      if (isDown || this.happens(0.25)) {
        this.disorder.failedEffects += 1;
        waiting.set(effect.id, addMs(time.now(), this.random?.between(SECOND_MS, HOUR_MS) ?? HOUR_MS / 4));
        continue;
      }
      this.carryOut(effect);
    }
  }

  private carryOut(effect: Effect): void {
    this.demand(this.done.has(effect.id) ? ['it was carried out before'] : [], effect.id);
    this.done.add(effect.id);
    this.carriedOut.push(effect);
    if (effect.kind === 'mail') {
      this.desk.effectDone(effect, []);
      return;
    }
    const key = keyOf(effect);
    const consequence = this.recording.moments.find(({ after }) => after && isSame(after, key));
    this.demand(consequence ? [] : ['nobody expected it'], effect.id);
    this.proceed(key);
    if (effect.kind === 'end-duplicate' && consequence?.result)
      this.desk.duplicateDone(effect, consequence.result, this.time.now());
    else this.desk.effectDone(effect, []);
    this.desk.lookAsked = true;
  }

  /** As `workspace-coroutine.ts`, with a host that takes its time. */
  private async host(workspaceId: string): Promise<void> {
    const { time } = this;
    const wish = () => {
      const stored = this.desk.storedWish(workspaceId);
      const settled = this.desk.workspace(workspaceId)?.observed?.generation;
      return stored && stored.desired.generation !== settled ? stored : undefined;
    };
    for (;;) {
      await time.condition(() => wish() !== undefined);
      const { generation } = wish()?.desired ?? {};
      await time.sleep(this.random?.between(SECOND_MS, HOUR_MS / 4) ?? 60 * SECOND_MS);
      const now = wish();
      if (now?.desired.generation !== generation || !now) continue;
      const { desired } = now;
      const observed: ObservedWorkspace = {
        state: desired.state === 'deleted' ? 'absent' : desired.state,
        generation: desired.generation,
        containerId: 'container_1',
        at: time.now(),
        since: time.now(),
        reason: null,
        size: desired.size,
        pending: null,
        storageLimit: 'hard',
      };
      this.desk.observe(workspaceId, observed, []);
    }
  }

  /** Stripe goes on to where it is by now; what only an effect of ours brings about waits for it, and all after it too. */
  private proceed(done?: EffectKey): void {
    if (done) this.effectsDone.push(done);
    for (;;) {
      const next = this.recording.moments[this.position + 1];
      if (!next || next.at > this.time.now()) return;
      const { after } = next;
      if (after && !this.effectsDone.some((each) => isSame(each, after))) return;
      this.position += 1;
      this.send(next);
    }
  }

  private send({ events }: Moment): void {
    for (const { id: eventId, type } of events) {
      for (const delayMs of this.delays()) this.time.after(delayMs, () => this.arrives({ eventId, type }));
    }
  }

  private arrives(hint: BillingHint): void {
    if (this.account.stripeCustomerId === null) this.waiting.push(hint);
    else this.desk.pendingHints.push(hint);
  }

  /** When an event arrives, as often as it does: at once, late, several times, or only as the reconciliation finds it. */
  private delays(): number[] {
    const { random, time } = this;
    const until = (kind: Trouble['kind']) => {
      const trouble = this.recording.troubles.find((each) => each.kind === kind && this.isTroubled(kind, each));
      return trouble ? Date.parse(trouble.until) - Date.parse(time.now()) : null;
    };
    const held = until('no-signals');
    if (held !== null) return [held];
    const lost = until('no-events');
    if (lost !== null) this.disorder.found += 1;
    if (lost !== null) return [lost + (random?.between(0, HOUR_MS) ?? 0)];
    if (!random) return [0];
    if (this.isBrisk) return [random.between(0, 5 * SECOND_MS)];
    if (random.chance(0.15)) {
      this.disorder.found += 1;
      return [random.between(600 * SECOND_MS, LATEST_MS)];
    }
    const times = random.chance(0.3) ? random.between(2, 4) : 1;
    const kinds = [5 * SECOND_MS, 5 * SECOND_MS, HOUR_MS, LATEST_MS];
    const delays = Array.from({ length: times }, () =>
      random.between(0, kinds[random.between(0, kinds.length - 1)] ?? 0),
    );
    if (times > 1) this.disorder.doubled += 1;
    if (Math.min(...delays) > 60 * SECOND_MS) this.disorder.late += 1;
    return delays;
  }

  private command({ id, carryOut }: Recording['commands'][number]): void {
    this.desk.command(id, (state) => carryOut(state, this.time.now()));
    if (this.account.stripeCustomerId === null) return;
    const arrived = this.waiting.splice(0);
    this.desk.pendingHints.push(...arrived);
    this.desk.lookAsked = true;
  }

  /** Stripe does not answer, now and then, for an hour or two. */
  private planOutages(): { from: Instant; until: Instant }[] {
    const { random, recording } = this;
    if (!random) return [];
    const days = (Date.parse(recording.endsAt) - Date.parse(recording.opensAt)) / DAY_MS;
    return Array.from({ length: Math.floor(days * 0.25) }, () => {
      const from = addMs(recording.opensAt, random.between(0, days * DAY_MS - 3 * HOUR_MS));
      return { from, until: addMs(from, random.between(0, 2 * HOUR_MS)) };
    });
  }

  private isTroubled(kind: Trouble['kind'], only?: Trouble): boolean {
    const now = this.time.now();
    const troubles = only ? [only] : this.recording.troubles;
    return troubles.some((each) => each.kind === kind && each.from <= now && now < each.until);
  }

  private happens(probability: number): boolean {
    return !this.ended && (this.random?.chance(probability) ?? false);
  }

  private newDesk(): WatchedDesk {
    return new WatchedDesk((before, after) => {
      const faults = unlawfulIn({ before, after, read: this.lastRead, catalog: this.catalog });
      this.demand(faults, `version ${after.version}`);
    });
  }

  private demand(faults: string[], where: string): void {
    if (faults.length > 0) throw new Error(`Unlawful at ${this.time.now()} (${where}): ${faults.join('; ')}.`);
  }
}

function keyOf(effect: Effect): EffectKey {
  return { kind: effect.kind, subscriptionId: 'subscriptionId' in effect ? effect.subscriptionId : null };
}

function isSame(a: EffectKey, b: EffectKey): boolean {
  return a.kind === b.kind && a.subscriptionId === b.subscriptionId;
}
