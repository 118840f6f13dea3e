import { addMs, earliest, type Instant } from '#domain/time.ts';
import { SeededRandom } from '#test/scenarios/seeded-random.ts';
import type { Letter } from './letter.ts';

const HOUR_MS = 3_600_000;
/** No letter is later. */
const LATEST_MS = 20 * HOUR_MS;
/** An answer that Stripe takes for an acceptance. */
const TAKEN = 200;

interface Held {
  letter: Letter;
  by: Instant;
  /** So many times others are let go before it. */
  rounds: number;
}

/**
 * The way of one customer's webhooks to us. What becomes of a letter depends on the seed, its type and how many of the type came
 * before it, not on how quick the machine is.
 */
export class CustomerRoute {
  /** How often something did not come once, at once and in order. */
  readonly disorder = { late: 0, doubled: 0, lost: 0 };
  /** When the first letter was sent that is lost and has not been made good. */
  lostSince: Instant | null = null;
  private readonly post: (letter: Letter) => Promise<number>;
  private readonly seed: number | null;
  private readonly seen = new Map<string, number>();
  private held: Held[] = [];
  private trouble: { kind: 'no-events' | 'no-signals'; until: Instant } | null = null;

  constructor(post: (letter: Letter) => Promise<number>, seed: number | null) {
    this.post = post;
    this.seed = seed;
  }

  /** Until then nothing comes through, or did not; `null` without such a trouble. */
  get blockedUntil(): Instant | null {
    return this.trouble?.until ?? null;
  }

  /** Until then everything is lost, or waits. */
  block(kind: 'no-events' | 'no-signals', until: Instant): void {
    this.trouble = { kind, until };
  }

  /** @returns the status that Stripe gets */
  async take(letter: Letter): Promise<number> {
    if (this.trouble && letter.at < this.trouble.until) return this.stopped(letter, this.trouble);
    const random = this.randomFor(letter);
    if (!random) return this.post(letter);
    if (random.chance(0.15)) return this.lost(letter);
    const doubled = random.chance(0.3);
    if (doubled) this.disorder.doubled += 1;
    if (random.chance(0.5)) {
      this.disorder.late += 1;
      this.hold(letter, random);
      if (doubled) this.hold(letter, random);
      return TAKEN;
    }
    if (!doubled) return this.post(letter);
    if (random.chance(0.5)) this.hold(letter, random);
    else await this.post(letter);
    return this.post(letter);
  }

  /** When something has to be let go at the latest, or `null`. */
  nextRelease(): Instant | null {
    return earliest(this.held.map(({ by }) => by));
  }

  /** Lets go what has waited long enough, in another order. */
  async release(now: Instant): Promise<void> {
    const isDue = (each: Held) => each.by <= now || (this.seed !== null && each.rounds <= 0);
    for (const each of this.held) each.rounds -= 1;
    const due = this.held.filter(isDue);
    this.held = this.held.filter((each) => !due.includes(each));
    for (const { letter } of this.shuffled(due)) {
      const status = await this.post(letter);
      if (status !== TAKEN) throw new Error(`${letter.type} of ${letter.at} was answered with ${status}.`);
    }
  }

  /** What was lost has been found by a comparison. */
  madeGood(): void {
    this.lostSince = null;
  }

  private stopped(letter: Letter, { kind, until }: { kind: string; until: Instant }): number {
    if (kind === 'no-events') return this.lost(letter);
    this.held.push({ letter, by: until, rounds: Number.POSITIVE_INFINITY });
    return TAKEN;
  }

  private lost(letter: Letter): number {
    this.disorder.lost += 1;
    this.lostSince ??= letter.at;
    return TAKEN;
  }

  private hold(letter: Letter, random: SeededRandom): void {
    this.held.push({ letter, by: addMs(letter.at, LATEST_MS), rounds: random.between(0, 2) });
  }

  private randomFor({ type }: Letter): SeededRandom | null {
    if (this.seed === null) return null;
    const count = (this.seen.get(type) ?? 0) + 1;
    this.seen.set(type, count);
    return new SeededRandom(
      [...`${this.seed}/${count}/${type}`].reduce((sum, each) => (Math.imul(sum, 31) + each.charCodeAt(0)) >>> 0, 7),
    );
  }

  private shuffled(due: Held[]): Held[] {
    if (this.seed === null) return due;
    const random = new SeededRandom(this.seed + due.length);
    return due
      .map((each) => ({ each, place: random.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ each }) => each);
  }
}
