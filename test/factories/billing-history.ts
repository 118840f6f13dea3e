import fc from 'fast-check';
import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { CommandRefused, liftHold, placeHold, wishForWorkspace } from '#domain/commands.ts';
import { type Decision, decide } from '#domain/decide.ts';
import { isUndecided } from '#domain/disputes.ts';
import { afterDuplicate } from '#domain/duplicates.ts';
import type { BillingSnapshot, DisputeSnapshot, InvoiceSnapshot, SubscriptionSnapshot } from '#domain/snapshot.ts';
import type { Instant } from '#domain/time.ts';
import { aCatalog, anAccount, anInvoice, aSnapshot, aSubscription, DAY_0 } from './billing.ts';

/** One thing that happens to a customer, at Stripe, in our system, or to the clock. Numbers choose among what is there. */
export type Event =
  | { kind: 'wait'; hours: number }
  | { kind: 'wait-for-deadline'; lateMs: number }
  | { kind: 'subscribe'; status: 'active' | 'incomplete' | 'trialing'; planId: string | null }
  | { kind: 'renewal-fails' }
  | { kind: 'upgrade-is-declined' }
  | { kind: 'attempt-fails' }
  | { kind: 'pay-latest' }
  | { kind: 'pay-oldest' }
  | { kind: 'void-latest' }
  | { kind: 'customer-cancels' }
  | { kind: 'stripe-cancels' }
  | { kind: 'status'; status: string }
  | { kind: 'collection'; paused: boolean }
  | { kind: 'doubt'; doubt: boolean }
  | { kind: 'dispute'; status: string }
  | { kind: 'refund' }
  | { kind: 'read'; decidedAfterMs: number }
  | { kind: 'replay-read'; which: number }
  | { kind: 'effects-done'; atMost: number }
  | { kind: 'host-reports'; state: 'running' | 'stopped' | 'failed' }
  | { kind: 'owner-wants'; wants: 'running' | 'stopped' }
  | { kind: 'admin-hold'; held: boolean };

/** A decision in a history, with what it was made from. */
export interface Decided {
  before: AccountState;
  snapshot: BillingSnapshot;
  now: Instant;
  decision: Decision;
  /** What the owner last asked for and was not refused. */
  ownerWants: 'running' | 'stopped';
}

const often = (weight: number, arbitrary: fc.Arbitrary<Event>) => ({ weight, arbitrary });
const just = (event: Event) => fc.constant(event);
const lateness = fc.constantFrom(0, 0, 0, 1500, 3_600_000, 2 * 86_400_000, 9 * 86_400_000);

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  often(8, fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 200 }) })),
  often(14, fc.record({ kind: fc.constant('wait-for-deadline' as const), lateMs: lateness })),
  often(
    2,
    fc.record({
      kind: fc.constant('subscribe' as const),
      status: fc.constantFrom('active' as const, 'incomplete' as const, 'trialing' as const),
      planId: fc.constantFrom('team', 'studio', null),
    }),
  ),
  often(6, just({ kind: 'renewal-fails' })),
  often(1, just({ kind: 'upgrade-is-declined' })),
  often(3, just({ kind: 'attempt-fails' })),
  often(2, just({ kind: 'pay-latest' })),
  often(1, just({ kind: 'pay-oldest' })),
  often(1, just({ kind: 'void-latest' })),
  often(1, just({ kind: 'customer-cancels' })),
  often(1, just({ kind: 'stripe-cancels' })),
  often(
    1,
    fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom('active', 'past_due', 'unpaid', 'paused', 'incomplete_expired', 'some_day'),
    }),
  ),
  often(1, fc.record({ kind: fc.constant('collection' as const), paused: fc.boolean() })),
  often(2, fc.record({ kind: fc.constant('doubt' as const), doubt: fc.boolean() })),
  often(
    1,
    fc.record({
      kind: fc.constant('dispute' as const),
      status: fc.constantFrom('needs_response', 'warning_needs_response', 'won', 'lost', 'some_day'),
    }),
  ),
  often(1, just({ kind: 'refund' })),
  often(6, fc.record({ kind: fc.constant('read' as const), decidedAfterMs: fc.constantFrom(0, 0, 40, 60_000) })),
  often(2, fc.record({ kind: fc.constant('replay-read' as const), which: fc.nat(50) })),
  often(6, fc.record({ kind: fc.constant('effects-done' as const), atMost: fc.integer({ min: 0, max: 3 }) })),
  often(
    3,
    fc.record({
      kind: fc.constant('host-reports' as const),
      state: fc.constantFrom('running' as const, 'stopped' as const, 'failed' as const),
    }),
  ),
  often(
    3,
    fc.record({
      kind: fc.constant('owner-wants' as const),
      wants: fc.constantFrom('running' as const, 'stopped' as const),
    }),
  ),
  often(2, fc.record({ kind: fc.constant('admin-hold' as const), held: fc.boolean() })),
);

/** A catalog with either answer to the questions that a catalog answers. */
export const anyCatalog: fc.Arbitrary<Catalog> = fc
  .record({
    onCancel: fc.constantFrom('free-plan' as const, 'stop-services' as const),
    onCollectionPaused: fc.constantFrom('keep-access' as const, 'hold' as const),
  })
  .map(aCatalog);

const unpaidRenewal: Event[] = [
  { kind: 'subscribe', status: 'active', planId: 'team' },
  { kind: 'read', decidedAfterMs: 0 },
  { kind: 'renewal-fails' },
  { kind: 'read', decidedAfterMs: 0 },
];

/** Two renewals failed and the later one was paid: recovered, with an old debt. */
const recoveredWithDebt: Event[] = [
  ...unpaidRenewal,
  { kind: 'wait', hours: 100 },
  { kind: 'renewal-fails' },
  { kind: 'read', decidedAfterMs: 0 },
  { kind: 'pay-latest' },
  { kind: 'read', decidedAfterMs: 0 },
];

const suspendedByDunning: Event[] = [
  ...unpaidRenewal,
  ...[3, 6, 7].map((): Event => ({ kind: 'wait-for-deadline', lateMs: 0 })),
];

const canceledByDunning: Event[] = [
  ...unpaidRenewal,
  ...[3, 6, 7, 30].map((): Event => ({ kind: 'wait-for-deadline', lateMs: 0 })),
  { kind: 'effects-done', atMost: 9 },
  { kind: 'read', decidedAfterMs: 0 },
];

const warnedOfDeletion: Event[] = [
  ...canceledByDunning,
  ...[31, 53].map((): Event => ({ kind: 'wait-for-deadline', lateMs: 0 })),
];

const beginnings = [[], unpaidRenewal, recoveredWithDebt, suspendedByDunning, canceledByDunning, warnedOfDeletion];

/** A customer's life of up to eighty events. Most start with a renewal that failed, so that all of dunning is reached often. */
export const anyHistory: fc.Arbitrary<Event[]> = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(anyEvent, { maxLength: 80 }))
  .map(([beginning, events]) => [...beginning, ...events]);

/**
 * Lives a history: a small Stripe (subscriptions, invoices, attempts), a clock, a host that reports and an outbox that is
 * carried out. Returns every decision that was made, in order. Knows nothing of the rules.
 */
export function live(events: Event[], catalog: Catalog): Decided[] {
  const decided: Decided[] = [];
  const reads: BillingSnapshot[] = [];
  let state = anAccount({}, catalog);
  let ownerWants: 'running' | 'stopped' = 'running';
  let nowMs = Date.parse(DAY_0);
  let subscriptions: SubscriptionSnapshot[] = [];
  let paymentInDoubt = false;
  let disputes: DisputeSnapshot[] = [];
  let serial = 0;

  const now = () => new Date(nowMs).toISOString();
  const nextId = (kind: string) => `${kind}_${++serial}`;
  const isLive = (each: SubscriptionSnapshot) => each.status !== 'canceled' && each.status !== 'incomplete_expired';
  const change = (id: string | undefined, next: (each: SubscriptionSnapshot) => SubscriptionSnapshot) => {
    subscriptions = subscriptions.map((each) => (each.id === id ? next(each) : each));
  };
  const changeNewest = (next: (each: SubscriptionSnapshot) => SubscriptionSnapshot) =>
    change(subscriptions.find(isLive)?.id, next);
  const end = (each: SubscriptionSnapshot, cancelReason: string): SubscriptionSnapshot => ({
    ...each,
    status: 'canceled',
    endedAt: now(),
    cancelReason,
  });
  const decideOn = (snapshot: BillingSnapshot) => {
    const before = state;
    const decision = decide(before, snapshot, now(), catalog);
    state = decision.state;
    decided.push({ before, snapshot, now: now(), decision, ownerWants });
  };
  const read = () => {
    const snapshot = aSnapshot(now(), structuredClone(subscriptions), {
      disputes: structuredClone(disputes),
      paymentInDoubt: paymentInDoubt || disputes.some(isUndecided),
    });
    reads.push(snapshot);
    return snapshot;
  };
  // A period that is billed anew is not the one whose payment was given back.
  const bill = (each: SubscriptionSnapshot, billingReason: string): SubscriptionSnapshot => {
    const invoice: InvoiceSnapshot = anInvoice({
      id: nextId('in'),
      subscriptionId: each.id,
      billingReason,
      createdAt: now(),
      finalizedAt: now(),
    });
    const billed = { ...each, refundedInvoiceId: null };
    return { ...billed, status: 'past_due', latestInvoiceId: invoice.id, invoices: [...each.invoices, invoice] };
  };

  for (const event of events) {
    switch (event.kind) {
      case 'wait':
        nowMs += event.hours * 3_600_000;
        break;
      case 'wait-for-deadline': {
        const next = decided.at(-1)?.decision.deadlines.toSorted()[0];
        if (next) nowMs = Math.max(nowMs, Date.parse(next) + event.lateMs);
        decideOn(read());
        break;
      }
      case 'subscribe':
        if (subscriptions.filter(isLive).length < 2) {
          const { status, planId } = event;
          const trialEnd = status === 'trialing' ? new Date(nowMs + 14 * 86_400_000).toISOString() : null;
          const fresh = aSubscription({ id: nextId('sub'), status, planId, createdAt: now(), trialEnd });
          subscriptions = [{ ...fresh, currentPeriodStart: now(), latestInvoiceId: null }, ...subscriptions];
        }
        break;
      case 'renewal-fails':
        changeNewest((each) => (each.status === 'incomplete' ? each : bill(each, 'subscription_cycle')));
        break;
      case 'upgrade-is-declined':
        changeNewest((each) =>
          each.status === 'incomplete' ? each : { ...bill(each, 'subscription_update'), planId: 'studio' },
        );
        break;
      case 'attempt-fails':
        changeNewest((each) => ({ ...each, invoices: each.invoices.map((invoice) => attemptedAgain(invoice, nowMs)) }));
        break;
      case 'pay-latest':
        changeNewest((each) => ({ ...each, status: 'active', invoices: each.invoices.slice(0, -1) }));
        break;
      case 'pay-oldest':
        changeNewest((each) => (each.invoices.length > 1 ? { ...each, invoices: each.invoices.slice(1) } : each));
        break;
      case 'void-latest':
        changeNewest((each) => ({
          ...each,
          status: 'active',
          invoices: each.invoices.map((invoice) =>
            invoice.id === each.latestInvoiceId ? { ...invoice, status: 'void', nextAttemptAt: null } : invoice,
          ),
        }));
        break;
      case 'customer-cancels':
        changeNewest((each) => end(each, 'cancellation_requested'));
        break;
      case 'stripe-cancels':
        changeNewest((each) => end(each, 'payment_failed'));
        break;
      case 'status':
        changeNewest((each) => ({ ...each, status: event.status }));
        break;
      case 'collection':
        changeNewest((each) => ({ ...each, collectionPaused: event.paused }));
        break;
      case 'doubt':
        paymentInDoubt = event.doubt;
        break;
      case 'dispute':
        disputes = [{ id: 'dp_1', status: event.status, createdAt: now() }];
        break;
      case 'refund':
        changeNewest((each) =>
          each.status === 'active' ? { ...each, refundedInvoiceId: each.latestInvoiceId } : each,
        );
        break;
      case 'read': {
        const snapshot = read();
        nowMs += event.decidedAfterMs;
        decideOn(snapshot);
        break;
      }
      case 'replay-read': {
        const old = reads[event.which % Math.max(1, reads.length)];
        if (old) decideOn(old);
        break;
      }
      case 'effects-done': {
        const done = state.outbox.slice(0, event.atMost);
        for (const effect of done) {
          if (effect.kind !== 'cancel-subscription' && effect.kind !== 'end-duplicate') continue;
          change(effect.subscriptionId, (each) => ({ ...end(each, 'cancellation_requested'), invoices: [] }));
        }
        state = { ...state, outbox: state.outbox.slice(done.length) };
        for (const effect of done) {
          if (effect.kind !== 'end-duplicate') continue;
          state = afterDuplicate(state, effect, { done: 'ended', refunded: null }, now()).state;
        }
        break;
      }
      case 'host-reports':
        state = {
          ...state,
          workspaces: state.workspaces.map((each) => ({
            ...each,
            observed: {
              state: event.state,
              generation: each.desired.generation,
              containerId: 'container_1',
              at: now(),
              since: now(),
              reason: null,
              size: each.desired.size,
              pending: null,
              storageLimit: null,
            },
          })),
        };
        break;
      case 'owner-wants':
        try {
          const wish = { commandId: nextId('command'), workspaceId: 'ws_1', wants: event.wants };
          state = wishForWorkspace(state, wish, now()).state;
          ownerWants = event.wants;
        } catch (error) {
          if (!(error instanceof CommandRefused)) throw error;
        }
        break;
      case 'admin-hold': {
        const command = { commandId: nextId('command'), hold: 'admin' as const, reason: 'By hand.' };
        state = (event.held ? placeHold : liftHold)(state, command, now()).state;
        break;
      }
    }
  }
  return decided;
}

/** One more failed attempt to collect. */
export function attemptedAgain(invoice: InvoiceSnapshot, nowMs: number): InvoiceSnapshot {
  return {
    ...invoice,
    attemptCount: invoice.attemptCount + 1,
    nextAttemptAt: new Date(nowMs + 2 * 86_400_000).toISOString(),
  };
}
