import { expect, test } from 'vitest';
import {
  aCatalog,
  anAccount,
  anUnpaidSubscription,
  aPayingAccount,
  aSnapshot,
  aSubscription,
  day,
} from '#test/factories/billing.ts';
import fc from '#test/fast-check.ts';
import { decide } from './decide.ts';
import { extendGrace } from './extend-grace.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';

const catalog = aCatalog();
const aPaid = fc
  .record({
    hours: fc.integer({ min: -2000, max: 0 }),
    planId: fc.constantFrom('team', 'studio'),
    status: fc.constantFrom('active', 'trialing'),
  })
  .map(({ hours, ...each }) => ({ ...each, createdAt: day(0, hours) }));
const several = fc
  .array(aPaid, { minLength: 1, maxLength: 4 })
  .map((list) =>
    list.map(
      (each, index): SubscriptionSnapshot => aSubscription({ ...each, id: `sub_${index}`, latestInvoiceId: null }),
    ),
  );

test('of any number of paid plans exactly one stays, the same in whatever order they are listed', () => {
  fc.assert(
    fc.property(
      several.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        const [one, other] = [list, shuffled].map((each) =>
          decide(anAccount(), aSnapshot(day(0), each), day(0), catalog),
        );
        expect(other?.state.subscription).toEqual(one?.state.subscription);
        const ended = (decision: typeof one) => decision?.state.duplicates.map((each) => each.subscriptionId).sort();
        expect(ended(other)).toEqual(ended(one));
        const stays = one?.state.subscription?.id ?? '';
        expect([...(ended(one) ?? []), stays].sort()).toEqual(list.map(({ id }) => id).sort());
      },
    ),
  );
});

test('as long as it is paid, the one that stays goes on staying, whatever else is bought or ended', () => {
  fc.assert(
    fc.property(several, several, (first, later) => {
      const before = decide(anAccount(), aSnapshot(day(0), first), day(0), catalog).state;
      const stays = first.filter(({ id }) => id === before.subscription?.id);
      const others = later.map((each) => ({ ...each, id: `${each.id}_later` }));
      const after = decide(before, aSnapshot(day(1), [...others, ...stays]), day(1), catalog).state;
      expect(after.subscription?.id).toBe(before.subscription?.id);
    }),
  );
});

test('any extensions, repeated in any way, move every deadline by their days and by nothing else', () => {
  const extension = fc.record({ commandId: fc.constantFrom('a', 'b', 'c'), days: fc.integer({ min: 1, max: 90 }) });
  fc.assert(
    fc.property(fc.array(extension, { maxLength: 8 }), (commands) => {
      const opened = decide(aPayingAccount(), aSnapshot(day(0), [anUnpaidSubscription()]), day(0), catalog).state;
      const extended = commands.reduce(
        (state, each) => extendGrace(state, { ...each, reason: 'R' }, day(1)).state,
        opened,
      );
      const first = new Map(commands.toReversed().map(({ commandId, days }) => [commandId, days]));
      const days = [...first.values()].reduce((sum, each) => sum + each, 0);
      const looked = decide(extended, aSnapshot(day(2), [anUnpaidSubscription()]), day(2), catalog).state;
      expect(looked.dunning).toMatchObject({
        suspendAt: day(7 + days),
        cancelAt: day(30 + days),
        deleteAt: day(60 + days),
      });
    }),
  );
});
