import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AccountState } from '#domain/account-state.ts';
import type { Effect } from '#domain/effect.ts';
import { DAY_MS } from '#domain/time.ts';
import { type RunningSimulator, runSimulator } from '#stripe-simulator/running-simulator.ts';
import { type Disorder, type Lived, live } from '#test/scenarios/any-order.ts';
import { BILLING_SCENARIOS, type BillingScenario, catalog, START } from '#test/scenarios/billing-scenarios.ts';
import { type Recording, RecordingStage } from '#test/scenarios/recording.ts';
import { SeededRandom } from '#test/scenarios/seeded-random.ts';
import { makePrices, type Prices } from '#test/scenarios/stage.ts';

vi.setConfig({ testTimeout: 120_000 });

/** A failure names its seed: put it here alone to try that order again. */
const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);

let simulator: RunningSimulator;
let prices: Prices;
beforeAll(async () => {
  simulator = await runSimulator();
  prices = await makePrices(simulator.stripe);
});
afterAll(() => simulator.stop());

/** All that an account is and has, but for when we happened to learn of it. */
function endOf(state: AccountState) {
  const { dunning, holds, addOns, workspaces, duplicates, disputes, ...rest } = state;
  const { standing, plan, entitlements, subscription, debt, card, plannedChange, subscribedBefore, outbox } = rest;
  return {
    ...{ standing, plan, entitlements, subscription, debt, card, plannedChange, subscribedBefore, disputes },
    outbox: outbox.map(({ id }) => id),
    duplicates: duplicates.map(({ subscriptionId }) => subscriptionId),
    holds: holds.map(({ since: _, ...hold }) => hold),
    addOns: addOns.map(({ recoveredAt: _, ...addOn }) => addOn),
    dunning: dunning && { ...dunning, deleteAt: null },
    workspaces: workspaces.map(({ observed, desired: { generation: _, since: __, ...desired }, ...workspace }) => ({
      ...workspace,
      desired,
      observed: observed?.state,
    })),
  };
}

/** What is done by an effect, without when it was decided on. */
function nameOf(effect: Effect): string {
  return effect.kind === 'mail' || !('subscriptionId' in effect)
    ? effect.id
    : `${effect.kind}/${effect.subscriptionId}`;
}

function expectSame(lived: Lived, inOrder: Lived, { ends, onlyWhenLate = [] }: BillingScenario): void {
  for (const { at, expected, actual } of lived.promised) expect(actual, `at ${at}`).toMatchObject(expected);
  expect(lived.state).toMatchObject(ends);
  expect(endOf(lived.state)).toEqual(endOf(inOrder.state));
  const late = Date.parse(lived.state.dunning?.deleteAt ?? '') - Date.parse(inOrder.state.dunning?.deleteAt ?? '');
  if (lived.state.dunning) expect(late >= 0 && late < DAY_MS, 'data is deleted on its day or later').toBe(true);
  const isOptional = (effect: Effect) => effect.kind === 'mail' && onlyWhenLate.includes(effect.template);
  const done = (each: Lived) =>
    each.carriedOut
      .filter((effect) => !isOptional(effect))
      .map(nameOf)
      .sort();
  expect(done(lived)).toEqual(done(inOrder));
}

/** Of all orders together. */
const disorder: Partial<Disorder> = {};

function count(of: Disorder): void {
  for (const kind of Object.keys(of) as (keyof Disorder)[]) disorder[kind] = (disorder[kind] ?? 0) + of[kind];
}

describe.each(BILLING_SCENARIOS.map((each) => [each.title, each] as const))('scenario %s', (_title, scenario) => {
  let recording: Recording;
  let inOrder: Lived;
  beforeAll(async () => {
    const { opensAt = START, withCustomer } = scenario;
    const stage = await RecordingStage.open({ simulator, prices, catalog }, { opensAt, withCustomer });
    await scenario.play(stage);
    recording = stage.end();
    inOrder = await live(recording, catalog, null);
  }, 120_000);

  test('ends as it should in time order', () => {
    expectSame(inOrder, inOrder, scenario);
    const mails = inOrder.carriedOut.flatMap((each) => (each.kind === 'mail' ? [each.template] : []));
    expect(mails.filter((each) => each !== 'invoice').sort()).toEqual([...(scenario.mails ?? [])].sort());
  });

  test(`ends the same, lawfully and with each effect once, in ${SEEDS.length} other orders`, async () => {
    for (const seed of SEEDS) {
      try {
        const lived = await live(recording, catalog, new SeededRandom(seed));
        count(lived.disorder);
        expectSame(lived, inOrder, scenario);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        throw new Error(`With seed ${seed}: ${what}`, { cause: error });
      }
    }
  });
});

test('the orders have late, doubled and lost events, outages of Stripe and of PostgreSQL, failing mails and fresh runs', () => {
  expect(Object.keys(disorder)).toHaveLength(7);
  const lives = BILLING_SCENARIOS.length * SEEDS.length;
  for (const [kind, times] of Object.entries(disorder)) expect(times, kind).toBeGreaterThan(lives);
});
