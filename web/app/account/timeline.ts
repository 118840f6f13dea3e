import type { Happened, HappenedKind, Upcoming, UpcomingKind } from '#api/answers.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import type { Viewer } from '../format/viewer.ts';
import type { Tone } from './tone.ts';

/** Older entries are folded away. */
const RECENT = 4;

export interface TimelineEntry {
  id: string;
  at: Moment;
  text: string;
  tone: Tone;
  kind: HappenedKind | UpcomingKind;
  /** The next thing that changes something, as opposed to a mail or an attempt. */
  decisive: boolean;
}

/** Past and future of an account, each oldest first, with the present between them. */
export interface Timeline {
  /** `null` when the history can't be read. */
  past: { earlier: TimelineEntry[]; recent: TimelineEntry[] } | null;
  now: Moment;
  upcoming: TimelineEntry[];
}

/**
 * @param entries newest first, as the API gives them; `null` when they can't be read
 * @param now the account's own time, ISO
 */
export function presentTimeline(
  entries: Happened[] | null,
  upcoming: Upcoming[],
  now: string,
  viewer: Viewer,
): Timeline {
  const past = entries?.toReversed().map((each) => ({
    id: each.id,
    at: momentOf(each.at, now, viewer),
    text: each.text,
    kind: each.kind,
    tone: HAPPENED_TONE[each.kind] ?? 'neutral',
    decisive: false,
  }));
  const newest = entries?.[0]?.at ?? now;
  const latest = newest > now ? newest : now;
  const decisive = upcoming.find((each) => !PASSING.has(each.kind));
  return {
    past: past ? { earlier: past.slice(0, -RECENT), recent: past.slice(-RECENT) } : null,
    // The history is read after the account: what happened in between is not ahead.
    now: momentOf(latest, latest, viewer),
    upcoming: upcoming.map((each) => ({
      id: `${each.kind}/${each.at}/${each.text}`,
      at: momentOf(each.at, now, viewer),
      text: each.text,
      kind: each.kind,
      tone: UPCOMING_TONE[each.kind] ?? 'neutral',
      decisive: each === decisive,
    })),
  };
}

/** Mails and attempts: they change nothing by themselves. */
const PASSING: ReadonlySet<UpcomingKind> = new Set(['reminder', 'deletion-warning', 'payment-retry']);

const HAPPENED_TONE: Record<HappenedKind, Tone> = {
  'account-opened': 'neutral',
  'plan-changed': 'info',
  'trial-started': 'info',
  'payment-failed': 'warn',
  suspended: 'bad',
  'payment-received': 'good',
  'subscription-canceled': 'bad',
  'welcome-back': 'good',
  'collection-paused': 'info',
  'data-deleted': 'bad',
  'mail-sent': 'neutral',
  'workspace-started': 'good',
  'workspace-stopped': 'neutral',
  'workspace-resized': 'info',
  'workspace-resize-refused': 'warn',
  'workspace-failed': 'bad',
  'workspace-crashed': 'bad',
  'workspace-out-of-memory': 'warn',
  'workspace-over-storage': 'bad',
  'workspace-storage-ok': 'good',
  'workspace-deleted': 'neutral',
  'owner-restarted': 'neutral',
  'owner-recovered': 'neutral',
  'owner-renamed': 'neutral',
  'owner-resized': 'neutral',
  'owner-restored': 'good',
  'owner-started': 'neutral',
  'owner-stopped': 'neutral',
  'owner-created': 'neutral',
  'owner-deleted': 'neutral',
  'hold-placed': 'warn',
  'hold-lifted': 'good',
  'add-on-started': 'good',
  'add-on-changed': 'info',
  'add-on-payment-failed': 'warn',
  'add-on-suspended': 'bad',
  'add-on-restored': 'good',
  'add-on-ended': 'info',
  'add-on-idle': 'warn',
  'subscription-ignored': 'neutral',
  granted: 'good',
  'grant-ended': 'info',
  'account-close-asked': 'warn',
  'account-closing': 'bad',
  'account-kept': 'good',
  'cancel-planned': 'info',
  'cancel-undone': 'good',
  'change-planned': 'info',
  'change-undone': 'info',
  'collection-resumed': 'good',
  'duplicate-found': 'warn',
  'duplicate-ended': 'info',
  refunded: 'info',
  'dispute-opened': 'bad',
  'dispute-won': 'good',
  'dispute-lost': 'bad',
  'grace-extended': 'good',
  'customer-linked': 'neutral',
  'move-planned': 'warn',
  'move-undone': 'neutral',
  'workspace-moved': 'good',
};

const UPCOMING_TONE: Record<UpcomingKind, Tone> = {
  renewal: 'good',
  ends: 'info',
  'trial-ends': 'info',
  reminder: 'neutral',
  suspend: 'warn',
  cancel: 'bad',
  'deletion-warning': 'neutral',
  delete: 'bad',
  'payment-retry': 'info',
  'add-on-ends': 'info',
  'add-on-suspends': 'warn',
  'grant-ends': 'info',
  'plan-changes': 'info',
  'first-payment-expires': 'warn',
  'workspace-moves': 'neutral',
};
