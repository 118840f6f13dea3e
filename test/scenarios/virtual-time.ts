import type { Instant } from '#domain/time.ts';

interface Waiter {
  isOver: () => boolean;
  until: number;
  go: () => void;
}

/**
 * Time that passes only when nothing is left to do before. Coroutines wait for conditions and instants, as a workflow does.
 * What is due at one instant happens in the order in which it was planned.
 */
export class VirtualTime {
  private nowMs: number;
  private planned: { at: number; serial: number; run: () => void }[] = [];
  private waiters: Waiter[] = [];
  private serial = 0;

  constructor(from: Instant) {
    this.nowMs = Date.parse(from);
  }

  now = (): Instant => new Date(this.nowMs).toISOString();

  /** Plans something; for an instant that is over: at once. */
  at(when: Instant | number, run: () => void): void {
    const at = Math.max(this.nowMs, typeof when === 'number' ? when : Date.parse(when));
    this.serial += 1;
    this.planned.push({ at, serial: this.serial, run });
  }

  after(ms: number, run: () => void): void {
    this.at(this.nowMs + ms, run);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Waits until something is so, at most until an instant. */
  condition(isOver: () => boolean, until: Instant | null = null): Promise<void> {
    return new Promise((go) => {
      const at = until === null ? Number.POSITIVE_INFINITY : Math.max(Date.parse(until), this.nowMs + 1);
      this.waiters.push({ isOver, until: at, go });
    });
  }

  /** Lets everything happen that is due until then, and stands there. */
  async runUntil(end: Instant): Promise<void> {
    const endMs = Date.parse(end);
    await this.settle();
    for (;;) {
      const next = Math.min(...this.planned.map(({ at }) => at), ...this.waiters.map(({ until }) => until));
      if (next > endMs) break;
      this.nowMs = Math.max(this.nowMs, next);
      const [due] = this.planned
        .filter(({ at }) => at <= this.nowMs)
        .sort((a, b) => a.at - b.at || a.serial - b.serial);
      if (due) {
        this.planned = this.planned.filter((each) => each !== due);
        due.run();
      }
      await this.settle();
    }
    this.nowMs = endMs;
  }

  /** Wakes whoever waits for what is so now, until nobody does. */
  private async settle(): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const woken = this.waiters.filter(({ isOver, until }) => until <= this.nowMs || isOver());
      if (woken.length === 0) return;
      this.waiters = this.waiters.filter((each) => !woken.includes(each));
      for (const { go } of woken) go();
    }
  }
}
