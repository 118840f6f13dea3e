import type { AccountState, GoverningSubscription, Standing } from './account-state.ts';
import { plannedChangeText } from './planned-change.ts';
import type { BillingSnapshot } from './snapshot.ts';
import type { Instant } from './time.ts';
import type { Happened, HappenedKind } from './timeline.ts';

/** What a look has changed of plan, subscription and grants, for the history. */
export function changesOf(before: AccountState, after: AccountState, read: BillingSnapshot, now: Instant): Happened[] {
  const entry = (kind: HappenedKind, id: string, text: string): Happened => ({
    id: `${kind}/${id}`,
    at: now,
    kind,
    text,
  });
  const is = (standing: Standing) => after.standing === standing && before.standing !== standing;
  const list: Happened[] = [];
  if (before.plan.id !== after.plan.id) {
    const end = after.subscription?.cancelAt;
    const text = `Your plan is now ${after.plan.name}.`;
    const still = end ? ` It still ends on ${day(end)}, as you asked before: take that back if you stay.` : '';
    list.push(entry('plan-changed', `${after.plan.id}/${now}`, `${text}${still}`));
  }
  if (is('trialing')) list.push(entry('trial-started', `${after.subscription?.id}`, 'Your trial began.'));
  if (is('paused')) {
    const text = 'The subscription was paused. Your workspaces stop; your data is kept.';
    list.push(entry('collection-paused', now, text));
  }
  list.push(...ofSubscription(before, after, read, entry, now));
  list.push(...ofPlannedChange(before, after, entry, now));
  for (const id of after.ignoredSubscriptions.filter((each) => !before.ignoredSubscriptions.includes(each))) {
    const text = `The subscription ${id} is for something that we do not know. It changes nothing here.`;
    list.push(entry('subscription-ignored', id, text));
  }
  for (const { id, reason } of before.overrides.filter((each) => !after.overrides.includes(each))) {
    list.push(entry('grant-ended', id, `What support gave has ended: ${reason}`));
  }
  return list;
}

type Entry = (kind: HappenedKind, id: string, text: string) => Happened;

function ofSubscription(
  before: AccountState,
  after: AccountState,
  read: BillingSnapshot,
  entry: Entry,
  now: Instant,
): Happened[] {
  const was = before.subscription;
  const is = after.subscription;
  const refunded = was && read.subscriptions.find((each) => each.id === was.id)?.refundedInvoiceId;
  if (was && refunded && is?.id !== was.id) {
    const text = `What was paid for the current period was given back in full, so ${before.plan.name} ends here.`;
    return [entry('refunded', refunded, text)];
  }
  if (was && !is) {
    return after.dunning === null ? [entry('subscription-canceled', was.id, 'Your subscription ended.')] : [];
  }
  if (!is) return [];
  const same: GoverningSubscription | null = was?.id === is.id ? was : null;
  const list: Happened[] = [];
  if (is.cancelAt && is.cancelAt !== same?.cancelAt) {
    const text = `${after.plan.name} ends on ${day(is.cancelAt)}, as you asked. Until then you can take that back.`;
    list.push(entry('cancel-planned', `${is.id}/${is.cancelAt}/${now}`, text));
  }
  if (same?.cancelAt && is.cancelAt === null) {
    list.push(entry('cancel-undone', `${is.id}/${now}`, `The cancel was taken back: ${after.plan.name} goes on.`));
  }
  if (is.collectionPaused && !same?.collectionPaused && after.standing !== 'paused') {
    const text = `Nothing is collected for ${after.plan.name} for now. Everything runs as before.`;
    list.push(entry('collection-paused', `${is.id}/${now}`, text));
  }
  if (same?.collectionPaused && !is.collectionPaused) {
    list.push(entry('collection-resumed', `${is.id}/${now}`, `Payments for ${after.plan.name} are collected again.`));
  }
  return list;
}

function ofPlannedChange(before: AccountState, after: AccountState, entry: Entry, now: Instant): Happened[] {
  const was = before.plannedChange;
  const is = after.plannedChange;
  if (is && (is.plan.id !== was?.plan.id || is.at !== was.at)) {
    const text = `On ${day(is.at)}: ${plannedChangeText(after)}`;
    return [entry('change-planned', `${is.plan.id}/${is.at}/${now}`, text)];
  }
  const isUndone = was && !is && was.at > now && after.subscription !== null && after.plan.id === before.plan.id;
  return isUndone
    ? [entry('change-undone', `${was.plan.id}/${now}`, `The change to ${was.plan.name} was taken back.`)]
    : [];
}

function day(at: Instant): string {
  return at.slice(0, 10);
}
