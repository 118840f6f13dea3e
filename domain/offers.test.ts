import { expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anAddOn,
  anAddOnSubscription,
  aPayingAccount,
  aPlan,
  aSnapshot,
  aSubscription,
  day,
  FREE_SIZE,
} from '#test/factories/billing.ts';
import type { AccountState } from './account-state.ts';
import type { Catalog } from './catalog.ts';
import { decide } from './decide.ts';
import { offersFor } from './offers.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';

const look = (state: AccountState, subscriptions: SubscriptionSnapshot[], catalog: Catalog) =>
  decide(state, aSnapshot(day(1), subscriptions), day(1), catalog).state;
const plansOf = (state: AccountState, catalog = aCatalog()) => offersFor(catalog, state, day(1)).plans;
const withTrial = aCatalog({ plans: aCatalog().plans.map((each) => ({ ...each, trialDays: 14 })) });

test('the plans of the account, its own marked, with prices and what each would give', () => {
  const plans = plansOf(anAccount());
  expect(plans.map(({ id, current, may }) => [id, current, may.ok])).toEqual([
    ['free', true, false],
    ['team', false, true],
    ['studio', false, true],
  ]);
  expect(plans[1]).toMatchObject({
    prices: [{ interval: 'month', amountCents: 2900, currency: 'usd' }],
    entitlements: { pool: { memoryMb: { value: 512, because: '512 MB = team 512 MB' } } },
    misfits: [],
  });
});

test('a trial is offered to whoever was never subscribed, and to nobody else', () => {
  expect(plansOf(anAccount({}, withTrial), withTrial)[1]?.trialDays).toBe(14);
  const over = aSubscription({ status: 'canceled', endedAt: day(0), cancelReason: 'cancellation_requested' });
  const before = look(anAccount({}, withTrial), [over], withTrial);
  expect(before).toMatchObject({ standing: 'free', subscribedBefore: true });
  expect(plansOf(before, withTrial)[1]?.trialDays).toBe(0);
  const never = aSubscription({ status: 'incomplete_expired', endedAt: day(0) });
  expect(plansOf(look(anAccount({}, withTrial), [never], withTrial), withTrial)[1]?.trialDays).toBe(14);
});

test('a smaller plan says what does not fit, with both numbers, before anybody pays', () => {
  expect(plansOf(aPayingAccount())[0]?.misfits).toEqual([
    {
      workspaceId: 'ws_1',
      name: 'Main',
      from: { memoryMb: 512, cpuPercent: 100, storageMb: 5120 },
      to: FREE_SIZE,
      note: 'Main would have 256 MB in place of 512 MB of memory, 0.5 CPU in place of 1 CPU, 1 GB in place of 5 GB of storage.',
    },
  ]);
});

test('add-ons that would do nothing on a plan are named', () => {
  const catalog = aCatalog({ addOns: [anAddOn({ rules: [{ on: ['team'], resources: 'stack', unlocks: [] }] })] });
  const state = look(aPayingAccount(catalog), [aSubscription(), anAddOnSubscription()], catalog);
  expect(plansOf(state, catalog).map(({ id, idleAddOns }) => [id, idleAddOns])).toEqual([
    ['free', ['micro']],
    ['team', []],
    ['studio', ['micro']],
  ]);
});

test('an add-on says how many are held, what one more would give, and why it may not be bought', () => {
  const catalog = aCatalog({ addOns: [anAddOn({ maxQuantity: 1 })] });
  const state = look(aPayingAccount(catalog), [aSubscription(), anAddOnSubscription()], catalog);
  const [micro] = offersFor(catalog, state, day(1)).addOns;
  expect(micro).toMatchObject({
    held: 1,
    may: { ok: false, code: 'max-quantity' },
    entitlements: { pool: { memoryMb: { value: 2560, because: '2.5 GB = team 512 MB + 2 × micro 1 GB' } } },
  });
});

test('what is agreed on by hand is shown as such, and what is retired only to whoever has it', () => {
  const plans = [
    ...aCatalog().plans,
    aPlan({ id: 'custom', name: 'Custom', custom: true }),
    aPlan({ id: 'old', name: 'Old', retired: true }),
  ];
  const catalog = aCatalog({ plans });
  const offered = plansOf(anAccount({}, catalog), catalog);
  expect(offered.at(-1)).toMatchObject({ id: 'custom', may: { code: 'custom', reason: /talk to us/ } });
  expect(plansOf(anAccount({ plan: { id: 'old', name: 'Old' } }, catalog), catalog).at(-1)?.id).toBe('old');
});
