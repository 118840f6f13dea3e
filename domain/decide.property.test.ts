import { expect, test, vi } from 'vitest';
import { FREE_SIZE, STUDIO_SIZE, TEAM_SIZE } from '#test/factories/billing.ts';
import { anyCatalog, anyHistory, attemptedAgain, type Decided, live } from '#test/factories/billing-history.ts';
import fc from '#test/fast-check.ts';
import { decide } from './decide.ts';
import type { SubscriptionSnapshot } from './snapshot.ts';

vi.setConfig({ testTimeout: 60_000 });

const DAY_MS = 86_400_000;
const DUNNING_TELLS = new Set(['payment-failed', 'suspended', 'payment-received', 'data-deleted']);
const SIZES: Record<string, object> = { free: FREE_SIZE, team: TEAM_SIZE, studio: STUDIO_SIZE };
const ms = (instant: string) => Date.parse(instant);

/** Checks a guarantee on every decision of any history under any catalog. */
function holdsForEveryDecision(
  check: (decided: Decided, catalog: Parameters<typeof decide>[3], all: Decided[]) => void,
): void {
  fc.assert(
    fc.property(anyHistory, anyCatalog, (history, catalog) => {
      const all = live(history, catalog);
      for (const decided of all) check(decided, catalog, all);
    }),
    { numRuns: 300 },
  );
}

test('the histories reach every standing, every stage, a deletion and each kind of effect', () => {
  const seen = new Set<string>();
  for (const [history, catalog] of fc.sample(fc.tuple(anyHistory, anyCatalog), { numRuns: 600, seed: 7 })) {
    for (const { decision } of live(history, catalog)) {
      seen.add(decision.state.standing);
      if (decision.state.dunning) seen.add(`stage ${decision.state.dunning.stage}`);
      const { stage, waitingFor } = decision.state.dunning ?? {};
      if (waitingFor) seen.add(`${stage}, waiting: ${waitingFor.why}`);
      for (const effect of decision.effects) seen.add(effect.kind === 'mail' ? effect.template : effect.kind);
    }
  }
  expect([...seen].sort()).toEqual([
    'active',
    'cancel-subscription',
    'canceled',
    'canceled, waiting: payment-in-doubt',
    'data-deleted',
    'debt-settled',
    'deletion-warning',
    'end-duplicate',
    'free',
    'grace',
    'grace-reminder',
    'grace-started',
    'incomplete',
    'paused',
    'payment-disputed',
    'payment-received',
    'stage canceled',
    'stage deleted',
    'stage grace',
    'stage suspended',
    'subscription-canceled',
    'suspended',
    'suspended, waiting: cancel-to-be-seen',
    'suspended, waiting: payment-in-doubt',
    'trialing',
    'welcome-back',
  ]);
});

test('within a stage no deadline of a dunning moves but that of a deletion announced late, and none ever comes nearer', () => {
  holdsForEveryDecision(({ before, now, decision }) => {
    const [was, is] = [before.dunning, decision.state.dunning];
    if (!was || was.id !== is?.id) return;
    expect([is.startedAt, is.suspendAt]).toEqual([was.startedAt, was.suspendAt]);
    const lastWarning = decision.effects.find((effect) => effect.id === `mail/deletion-warning/${is.id}/day-53`);
    const deleteAt = lastWarning ? Math.max(ms(was.deleteAt), ms(now) + 7 * DAY_MS) : ms(was.deleteAt);
    if (was.stage === is.stage) expect([is.cancelAt, ms(is.deleteAt)]).toEqual([was.cancelAt, deleteAt]);
    expect(is.cancelAt >= was.cancelAt && is.deleteAt >= was.deleteAt).toBe(true);
  });
});

test('further attempts to collect change nothing but what is shown of the debt', () => {
  holdsForEveryDecision(({ before, snapshot, now, decision }, catalog) => {
    const attempted = {
      ...snapshot,
      subscriptions: snapshot.subscriptions.map((each) => ({
        ...each,
        invoices: each.invoices.map((invoice) => attemptedAgain(invoice, ms(now))),
      })),
    };
    const other = decide(before, attempted, now, catalog);
    expect({ ...other, state: { ...other.state, debt: decision.state.debt } }).toEqual(decision);
  });
});

test('an account that is suspended, canceled or paused, or held for any reason, wants nothing to run', () => {
  holdsForEveryDecision(({ decision: { state } }) => {
    const down = ['suspended', 'canceled', 'paused'].includes(state.standing) || state.holds.length > 0;
    if (down) expect(state.workspaces.map((each) => each.desired.state)).not.toContain('running');
  });
});

test('without a hold each workspace is exactly what its owner last asked for', () => {
  holdsForEveryDecision(({ decision: { state }, ownerWants }) => {
    for (const workspace of state.workspaces) {
      expect(workspace.ownerWants).toBe(ownerWants);
      if (state.holds.length > 0 || workspace.desired.state === 'deleted') continue;
      expect(workspace.desired.state).toBe(ownerWants);
      expect(workspace.desired.size).toEqual(SIZES[state.plan.id]);
    }
  });
});

test('a hold that a person placed is never lifted by money', () => {
  holdsForEveryDecision(({ before, decision }) => {
    const byHand = (state: typeof before) => state.holds.filter((hold) => hold.name !== 'billing' && !hold.automatic);
    expect(byHand(decision.state)).toEqual(byHand(before));
  });
});

test('a second plan is ended only beside one that is in good standing and stays, and never both', () => {
  holdsForEveryDecision(({ snapshot, decision: { state } }) => {
    const ends = state.outbox.flatMap((effect) => (effect.kind === 'end-duplicate' ? effect : []));
    const ended = ends.map(({ subscriptionId }) => subscriptionId);
    expect(ended).not.toContain(state.subscription?.id);
    if (snapshot.readAt !== state.billingReadAt) return;
    for (const { survivorId } of ends) {
      expect(ended).not.toContain(survivorId);
      const survivor = snapshot.subscriptions.find((each) => each.id === survivorId);
      expect(['active', 'trialing']).toContain(survivor?.status);
    }
  });
});

test('while a dispute is open an account is held, unless support has lifted the hold', () => {
  holdsForEveryDecision(({ decision: { state } }) => {
    const isOpen = state.disputes.some((each) => each.state === 'open' && !each.dismissed);
    if (isOpen) expect(state.holds.map(({ name }) => name)).toContain('dispute');
  });
});

test('deciding twice on one input changes nothing', () => {
  holdsForEveryDecision(({ snapshot, now, decision }, catalog) => {
    const again = decide(decision.state, snapshot, now, catalog);
    expect(again).toEqual({ state: decision.state, effects: [], happened: [], deadlines: decision.deadlines });
  });
});

test('a snapshot older than the last one is ignored', () => {
  holdsForEveryDecision(({ before, snapshot, decision }) => {
    if (before.billingReadAt === null || snapshot.readAt >= before.billingReadAt) return;
    expect(decision.state).toBe(before);
    expect([decision.effects, decision.happened]).toEqual([[], []]);
  });
});

test('a decision drops an effect only when its dunning is paid, over or replaced, or when a payment is in doubt before a cancel', () => {
  const isForUpgrade = (reason: string) => reason === 'subscription_update';
  const open = (each: SubscriptionSnapshot) => each.invoices.filter((invoice) => invoice.status === 'open');
  const paysAgain = (each: SubscriptionSnapshot) =>
    ['active', 'trialing', 'paused'].includes(each.status) ||
    (open(each).length > 0 && open(each).every((invoice) => isForUpgrade(invoice.billingReason)));
  holdsForEveryDecision(({ before, snapshot, decision }) => {
    const ids = decision.state.outbox.map((effect) => effect.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(decision.effects.map((effect) => effect.id)));
    const isEndOfDuplicate = (effect: (typeof before.outbox)[number]) => effect.kind === 'end-duplicate';
    const dropped = before.outbox
      .filter((effect) => !decision.state.outbox.includes(effect))
      .filter((effect) => !isEndOfDuplicate(effect));
    if (dropped.length === 0) return;
    if (snapshot.paymentInDoubt && dropped.every((effect) => effect.kind === 'cancel-subscription')) return;
    const dunned = snapshot.subscriptions.find((each) => each.id === before.dunning?.subscriptionId);
    const owing = dunned ? open(dunned).some((invoice) => invoice.billingReason === 'subscription_cycle') : false;
    const over = !dunned || dunned.status === 'canceled' || dunned.status === 'incomplete_expired';
    expect(dropped.every((effect) => effect.droppedWhenDunningEnds)).toBe(true);
    expect(over || !owing || snapshot.subscriptions.some(paysAgain)).toBe(true);
  });
});

test('data is deleted 60 days after the first failure at the earliest, on a read from then on', () => {
  holdsForEveryDecision(({ before, snapshot, decision }) => {
    const wasKept = before.workspaces.every((each) => each.desired.state !== 'deleted');
    const isDeleted = decision.state.workspaces.some((each) => each.desired.state === 'deleted');
    if (!(wasKept && isDeleted)) return;
    expect(before.standing).toBe('canceled');
    expect(snapshot.paymentInDoubt).toBe(false);
    expect(ms(snapshot.readAt) - ms(before.dunning?.startedAt ?? snapshot.readAt)).toBeGreaterThanOrEqual(60 * DAY_MS);
    expect(snapshot.subscriptions.filter((each) => ['active', 'trialing', 'past_due'].includes(each.status))).toEqual(
      [],
    );
  });
});

test('no data is deleted within a week of the last warning', () => {
  holdsForEveryDecision(({ before, snapshot, decision }, _catalog, all) => {
    const dunning = decision.state.dunning;
    if (dunning?.stage !== 'deleted' || before.dunning?.stage === 'deleted') return;
    const warning = `mail/deletion-warning/${dunning.id}/day-53`;
    const warned = all.find((each) => each.decision.effects.some((effect) => effect.id === warning));
    expect(ms(snapshot.readAt) - ms(warned?.now ?? snapshot.readAt)).toBeGreaterThanOrEqual(7 * DAY_MS);
  });
});

test('while a payment is in doubt nothing is cancelled or deleted, and no cancel is left to be carried out', () => {
  holdsForEveryDecision(({ before, snapshot, decision }) => {
    const stale = before.billingReadAt !== null && snapshot.readAt < before.billingReadAt;
    if (!snapshot.paymentInDoubt || stale) return;
    expect(decision.effects.filter((effect) => effect.kind === 'cancel-subscription')).toEqual([]);
    expect(decision.state.outbox.filter((effect) => effect.kind === 'cancel-subscription')).toEqual([]);
    expect(decision.happened.filter((each) => each.kind === 'data-deleted')).toEqual([]);
  });
});

test('whoever has recovered is given a full grace again, whatever was left open', () => {
  holdsForEveryDecision(({ snapshot, before, decision }, _catalog, all) => {
    const dunning = decision.state.dunning;
    if (before.standing === 'suspended' || decision.state.standing !== 'suspended' || !dunning) return;
    for (const earlier of all) {
      if (earlier.decision === decision) break;
      const was = earlier.before.dunning;
      const recovered = was?.subscriptionId === dunning.subscriptionId && earlier.decision.state.dunning?.id !== was.id;
      if (!recovered) continue;
      expect(dunning.startedAt > earlier.snapshot.readAt).toBe(true);
      expect(ms(snapshot.readAt) - ms(earlier.snapshot.readAt)).toBeGreaterThanOrEqual(7 * DAY_MS);
    }
  });
});

test("in an account's whole life no two dunnings share an id, and nothing is told or written down twice", () => {
  fc.assert(
    fc.property(anyHistory, anyCatalog, (history, catalog) => {
      const all = live(history, catalog);
      const opened = all.flatMap(({ before, decision: { state } }) =>
        state.dunning && state.dunning.id !== before.dunning?.id ? state.dunning.id : [],
      );
      expect(new Set(opened).size).toBe(opened.length);
      const told = all.flatMap(({ decision }) => [
        ...decision.effects.filter((effect) => effect.kind === 'mail'),
        ...decision.happened.filter((each) => DUNNING_TELLS.has(each.kind)),
      ]);
      expect(new Set(told.map((each) => each.id)).size).toBe(told.length);
    }),
    { numRuns: 300 },
  );
});

test('nobody is suspended for a debt before its seventh day, nor within a day of our learning of it', () => {
  holdsForEveryDecision(({ before, snapshot, now, decision }, _catalog, all) => {
    if (before.standing === 'suspended' || decision.state.standing !== 'suspended') return;
    const { dunning } = decision.state;
    if (!dunning) throw new Error('Suspended without a dunning.');
    const learnt = all.find((each) => each.decision.state.dunning?.startedAt === dunning.startedAt && each.now <= now);
    expect(ms(snapshot.readAt) - ms(dunning.startedAt)).toBeGreaterThanOrEqual(7 * DAY_MS);
    expect(ms(snapshot.readAt) - ms(learnt?.now ?? now)).toBeGreaterThanOrEqual(DAY_MS);
  });
});

test('after a look at the present every deadline lies ahead', () => {
  holdsForEveryDecision(({ before, snapshot, now, decision }) => {
    const stale = before.billingReadAt !== null && snapshot.readAt < before.billingReadAt;
    if (snapshot.readAt !== now || stale) return;
    for (const deadline of decision.deadlines) expect(deadline > now).toBe(true);
  });
});

test('whoever is in dunning has a deadline, until nothing is left to do', () => {
  holdsForEveryDecision(({ decision: { state, deadlines } }) => {
    expect(deadlines.length > 0).toBe(state.dunning !== null && state.dunning.stage !== 'deleted');
  });
});

test('a generation rises by one when the wish changed, and never otherwise', () => {
  holdsForEveryDecision(({ before, decision }) => {
    for (const [index, workspace] of decision.state.workspaces.entries()) {
      const was = before.workspaces[index]?.desired;
      const { generation, ...wish } = workspace.desired;
      const same = was?.state === wish.state && JSON.stringify(was.size) === JSON.stringify(wish.size);
      expect(generation).toBe((was?.generation ?? 0) + (same ? 0 : 1));
    }
  });
});

test('every effect and every entry of the history has an id that tells it from all others of its decision', () => {
  holdsForEveryDecision(({ decision }) => {
    const ids = [...decision.effects, ...decision.happened].map((each) => each.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
