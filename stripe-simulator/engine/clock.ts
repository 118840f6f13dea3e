import type { TestClock } from './objects.ts';
import { noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

/** A test clock's id, or `null` for the wall clock. */
export type ClockId = string | null;

export function wallSeconds(world: World): number {
  return world.moment ?? Math.floor(world.wallMs() / 1000);
}

/** The time of a clock, in seconds since 1970. */
export function timeOf(world: World, clock: ClockId): number {
  if (clock === null) return wallSeconds(world);
  return findClock(world, clock, 'test_clock').frozen_time;
}

/** @throws StripeError `resource_missing` */
export function findClock(world: World, id: string, param: string): TestClock {
  const clock = world.state.testClocks[id];
  if (!clock) throw noSuch('test_clock', id, param);
  return clock;
}

/** Where a clock should stand by now: a ticking one flows with wall time. */
export function dueTime(world: World, clock: ClockId): number {
  if (clock === null) return Math.floor(world.wallMs() / 1000);
  const ticking = world.state.ticking[clock];
  const frozen = findClock(world, clock, 'test_clock').frozen_time;
  if (!ticking) return frozen;
  return Math.max(frozen, ticking.fromTime + Math.floor((world.wallMs() - ticking.sinceWallMs) / 1000));
}

/** Sets the time while something happens at it. A clock never goes back. */
export function moveTo(world: World, clock: ClockId, at: number): void {
  if (clock === null) {
    world.moment = at;
    return;
  }
  const testClock = findClock(world, clock, 'test_clock');
  testClock.frozen_time = Math.max(testClock.frozen_time, at);
}
