import type { AccountState, Hold, KnownDispute } from './account-state.ts';
import type { MailEffect } from './effect.ts';
import { withHold, withoutHold } from './holds.ts';
import type { BillingSnapshot, DisputeSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import type { Happened, HappenedKind } from './timeline.ts';

/** The money was taken back, and the bank has not decided. https://docs.stripe.com/disputes/how-disputes-work */
const OPEN = new Set<string>(['needs_response', 'under_review', 'appeal_needs_response', 'appeal_under_review']);
const WON = new Set<string>(['won', 'warning_closed', 'prevented']);

const TOLD: Record<KnownDispute['state'], { kind: HappenedKind; text: string }> = {
  open: {
    kind: 'dispute-opened',
    text: 'A payment was disputed at the bank. Your workspaces stop until that is settled; your data is kept.',
  },
  won: { kind: 'dispute-won', text: 'The dispute of a payment was settled. Its hold is lifted.' },
  lost: { kind: 'dispute-lost', text: 'The disputed payment was taken back for good. Support decides how it goes on.' },
};

export interface DisputesStep {
  disputes: KnownDispute[];
  effects: MailEffect[];
  happened: Happened[];
}

/** Whether a dispute, or a bank's question before one, is undecided: then nothing may be cancelled or deleted. */
export function isUndecided({ status }: Pick<DisputeSnapshot, 'status'>): boolean {
  return status !== 'lost' && !WON.has(status);
}

/**
 * What becomes of an account's disputes. An open one holds the account, one that is lost goes on to until support lifts the
 * hold, one that is won does not. A bank's question before a dispute (`warning_…`) and a status that is not known hold
 * nothing. One that was over when it was first seen is history.
 */
export function advanceDisputes(state: AccountState, snapshot: BillingSnapshot, now: Instant): DisputesStep {
  const before = (id: string) => state.disputes.find((each) => each.id === id);
  const seen = snapshot.disputes.flatMap(({ id, status }): KnownDispute[] => {
    const was = before(id);
    const is = stateOf(status) ?? was?.state;
    if (!is) return [];
    return [{ id, state: is, dismissed: was?.dismissed ?? is !== 'open' }];
  });
  // A page shows the newest payments only: what is not seen any more is as it was.
  const unseen = state.disputes.filter((each) => isHolding(each) && !seen.some(({ id }) => id === each.id));
  const changed = seen.filter((each) => (before(each.id)?.state ?? 'won') !== each.state && wasSeenOpen(before, each));
  const { plan } = state;
  return {
    disputes: [...unseen, ...seen],
    effects: changed
      .filter((each) => each.state === 'open')
      .map(({ id }) => ({
        kind: 'mail',
        id: `mail/payment-disputed/${id}`,
        template: 'payment-disputed',
        facts: { planId: plan.id, planName: plan.name },
        emittedAt: now,
        readyWhen: 'now',
        droppedWhenDunningEnds: false,
      })),
    happened: changed.map(({ id, state: is }) => ({ id: `${TOLD[is].kind}/${id}`, at: now, ...TOLD[is] })),
  };
}

/** The hold of disputes. One that support placed by that name is support's to lift. */
export function holdForDisputes(holds: readonly Hold[], disputes: readonly KnownDispute[], now: Instant): Hold[] {
  const present = holds.find(({ name }) => name === 'dispute');
  if (present && !present.automatic) return [...holds];
  const holding = disputes.filter(isHolding);
  if (holding.length === 0) return withoutHold(holds, 'dispute');
  const reason = holding.some((each) => each.state === 'open')
    ? 'A payment is disputed at the bank. It runs again when that is settled in our favour.'
    : 'A disputed payment was taken back. Talk to support.';
  return withHold(holds, { name: 'dispute', since: now, reason, automatic: true });
}

/** Support has lifted the hold: what is known of disputes places none again. */
export function dismissed(disputes: readonly KnownDispute[]): KnownDispute[] {
  return disputes.map((each) => ({ ...each, dismissed: true }));
}

/** Whether a dispute holds the account: it is open or lost, and support has not lifted its hold. */
export function isHolding(dispute: KnownDispute): boolean {
  return !dispute.dismissed && dispute.state !== 'won';
}

function wasSeenOpen(before: (id: string) => KnownDispute | undefined, { id, state }: KnownDispute): boolean {
  return state === 'open' || before(id) !== undefined;
}

function stateOf(status: string): KnownDispute['state'] | null {
  if (OPEN.has(status)) return 'open';
  if (WON.has(status)) return 'won';
  return status === 'lost' ? 'lost' : null;
}
