import { anchorPlus } from './billing-cycle.ts';
import { dueTime, findClock } from './clock.ts';
import { deleteCustomer, forgetCustomer } from './deletions.ts';
import { type Done, runUntil } from './due.ts';
import { emit } from './events.ts';
import { newId } from './ids.ts';
import type { TestClock } from './objects.ts';
import { invalidRequest, StripeError } from './stripe-error.ts';
import { hasEnded } from './subscription-status.ts';
import { firstItem, recurrenceOf } from './subscriptions.ts';
import type { World } from './world.ts';

const DELETED_AFTER_SECONDS = 30 * 86_400;

/** Emits `test_helpers.test_clock.created`. https://docs.stripe.com/api/test_clocks/create */
export function createTestClock(world: World, frozenTime: number, name: string | null): TestClock {
  const created = Math.floor(world.wallMs() / 1000);
  const clock: TestClock = {
    id: newId('clock'),
    object: 'test_helpers.test_clock',
    created,
    deletes_after: created + DELETED_AFTER_SECONDS,
    frozen_time: frozenTime,
    livemode: false,
    name,
    status: 'ready',
    status_details: {},
  };
  world.state.testClocks[clock.id] = clock;
  emit(world, 'test_helpers.test_clock.created', clock);
  return clock;
}

/**
 * Begins to advance: `advancing` now, `ready` once `finishAdvance` has run. At most two intervals of the shortest
 * subscription on the clock, or two years without one. https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage
 */
export function beginAdvance(world: World, id: string, frozenTime: number): TestClock {
  const clock = findClock(world, id, 'id');
  if (clock.status === 'advancing') throw stillAdvancing(id);
  if (frozenTime <= clock.frozen_time) {
    throw invalidRequest('The frozen_time of a test clock can only be moved forward.', 'frozen_time');
  }
  const furthest = furthestAdvance(world, clock);
  if (frozenTime > furthest) {
    throw invalidRequest(
      `A test clock advances at most two intervals of its shortest subscription at once: to ${furthest} for now.`,
      'frozen_time',
      'test_clock_advance_too_far',
    );
  }
  clock.status = 'advancing';
  clock.status_details = { advancing: { target_frozen_time: frozenTime } };
  emit(world, 'test_helpers.test_clock.advancing', clock);
  return clock;
}

/** Works off what is due up to the target and emits `test_helpers.test_clock.ready`. */
export function finishAdvance(world: World, id: string): void {
  const clock = world.state.testClocks[id];
  const target = clock?.status_details.advancing?.target_frozen_time;
  if (!clock || target === undefined) return;
  runUntil(world, id, target);
  clock.status = 'ready';
  clock.status_details = {};
  restartTicking(world, id);
  emit(world, 'test_helpers.test_clock.ready', clock);
}

/** The synchronous advance of the control surface: any distance, done when it returns. */
export function advanceNow(world: World, id: string, to: number): Done[] {
  const clock = findClock(world, id, 'id');
  if (clock.status === 'advancing') throw stillAdvancing(id);
  if (to < clock.frozen_time) {
    throw invalidRequest(
      `The clock stands at ${new Date(clock.frozen_time * 1000).toISOString()} and never goes back.`,
      'to',
    );
  }
  const done = runUntil(world, id, to);
  restartTicking(world, id);
  return done;
}

/** Lets a clock flow with wall time from where it stands, or freezes it there. */
export function setTicking(world: World, id: string, ticking: boolean): void {
  const clock = findClock(world, id, 'id');
  if (!ticking) delete world.state.ticking[id];
  else world.state.ticking[id] ??= { sinceWallMs: world.wallMs(), fromTime: clock.frozen_time };
}

/** Brings a flowing clock up to date. */
export function catchUp(world: World, id: string | null): Done[] {
  if (id !== null && world.state.testClocks[id]?.status === 'advancing') return [];
  return runUntil(world, id, dueTime(world, id));
}

/**
 * Deletes a clock with its customers; their subscriptions end. Emits `customer.subscription.deleted`,
 * `customer.deleted` and `test_helpers.test_clock.deleted`. https://docs.stripe.com/api/test_clocks/delete
 */
export function deleteTestClock(world: World, id: string): void {
  const clock = findClock(world, id, 'id');
  const { state } = world;
  for (const customer of Object.values(state.customers).filter((each) => each.test_clock === id)) {
    deleteCustomer(world, customer);
    forgetCustomer(world, customer.id);
  }
  emit(world, 'test_helpers.test_clock.deleted', clock);
  delete state.ticking[id];
  delete state.testClocks[id];
}

function restartTicking(world: World, id: string): void {
  if (!world.state.ticking[id]) return;
  delete world.state.ticking[id];
  setTicking(world, id, true);
}

function furthestAdvance(world: World, clock: TestClock): number {
  const reaches = Object.values(world.state.subscriptions)
    .filter((each) => each.test_clock === clock.id && !hasEnded(each))
    .map((each) => anchorPlus(clock.frozen_time, recurrenceOf(firstItem(each).price), 2));
  const twoYears = anchorPlus(clock.frozen_time, { interval: 'year', interval_count: 2 }, 1);
  return Math.min(twoYears, ...reaches);
}

function stillAdvancing(id: string): StripeError {
  return new StripeError(429, {
    type: 'invalid_request_error',
    code: 'test_clock_advancing',
    message: `Test clock ${id} is still advancing.`,
  });
}
