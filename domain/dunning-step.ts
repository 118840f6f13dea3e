import type { AccountState, Dunning } from './account-state.ts';
import type { DunningPolicy } from './catalog.ts';
import type { Cover } from './cover.ts';
import type { Effect } from './effect.ts';
import type { BillingSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';

/** What a step of dunning rests on. */
export interface Look {
  state: AccountState;
  cover: Cover;
  snapshot: BillingSnapshot;
  now: Instant;
  /** The policy in force: for a dunning that opens now. */
  policy: DunningPolicy;
}

/** What a look came to. `D` tells apart a dunning that goes on. */
export interface DunningStep<D extends Dunning | null = Dunning | null> {
  dunning: D;
  effects: Effect[];
  happened: Happened[];
  /** Of the effects that wait in the outbox: those that are no longer right. */
  drops: 'nothing' | 'cancel' | 'all-of-dunning';
  /** A dunning ended because the account is in good standing again: when. */
  recoveredAt: Instant | null;
}

/** Nothing happens but that the dunning is (now) this one. */
export function quietly<D extends Dunning | null>(dunning: D): DunningStep<D> {
  return { dunning, effects: [], happened: [], drops: 'nothing', recoveredAt: null };
}

/** One step, and at the same look the next one. */
export function andThen(
  first: DunningStep<Dunning>,
  next: (dunning: Dunning) => DunningStep<Dunning>,
): DunningStep<Dunning> {
  const second = next(first.dunning);
  return {
    ...second,
    effects: [...first.effects, ...second.effects],
    happened: [...first.happened, ...second.happened],
    drops: first.drops === 'nothing' ? second.drops : first.drops,
  };
}

/** What is left of an outbox. */
export function withoutDropped(outbox: Effect[], drops: DunningStep['drops']): Effect[] {
  switch (drops) {
    case 'nothing':
      return outbox;
    case 'cancel':
      return outbox.filter((effect) => effect.kind !== 'cancel-subscription');
    case 'all-of-dunning':
      return outbox.filter((effect) => !effect.droppedWhenDunningEnds);
  }
}
