import type { Catalog } from '#domain/catalog.ts';
import { decide } from '#domain/decide.ts';
import type { BillingSnapshot } from '#domain/snapshot.ts';
import type { Instant } from '#domain/time.ts';
import type { AccountDesk } from './account-desk.ts';

/** What a read of Stripe found, and by which catalog it is judged. */
export interface Reading {
  catalog: Catalog;
  snapshot: BillingSnapshot;
}

/**
 * Reads the truth and decides from it. A hint is cleared only by a read that began after it came. Pure but for `read`, so
 * that its rule can be tried in any order of events.
 *
 * @param read `null` when Stripe did not answer
 * @returns `false` when Stripe did not answer: the hints stay
 */
export async function look(
  desk: AccountDesk,
  read: (stripeCustomerId: string | null) => Promise<Reading | null>,
  now: () => Instant,
): Promise<boolean> {
  const hints = desk.pendingHints.length;
  const { lookAsked } = desk;
  desk.lookAsked = false;
  const reading = await read(desk.state?.stripeCustomerId ?? null);
  if (!reading || !desk.state) {
    desk.lookAsked ||= lookAsked;
    return false;
  }
  const decision = decide(desk.state, reading.snapshot, now(), reading.catalog);
  const actedOn = desk.pendingHints.splice(0, hints).map((hint) => hint.eventId);
  desk.put(decision.state, decision.happened, actedOn);
  return true;
}
