import {
  Archive,
  Ban,
  Bell,
  CalendarClock,
  CircleAlert,
  CircleCheck,
  CircleDollarSign,
  CirclePause,
  CirclePlay,
  CircleStop,
  Flag,
  type LucideIcon,
  Mail,
  Repeat,
  Scaling,
  Trash2,
} from 'lucide-react';
import type { TimelineEntry } from './timeline.ts';

/** A sign for a kind of entry; its text says the same. */
export function TimelineIcon({ kind }: Pick<TimelineEntry, 'kind'>) {
  const Icon = ICON[kind] ?? CalendarClock;
  return <Icon aria-hidden="true" className="size-4" strokeWidth={2.25} />;
}

const ICON: Record<TimelineEntry['kind'], LucideIcon> = {
  'account-opened': Flag,
  'plan-changed': Scaling,
  'trial-started': Flag,
  'payment-failed': CircleAlert,
  suspended: CirclePause,
  'payment-received': CircleCheck,
  'subscription-canceled': Ban,
  'collection-paused': CirclePause,
  'data-deleted': Trash2,
  'mail-sent': Mail,
  'workspace-started': CirclePlay,
  'workspace-stopped': CircleStop,
  'workspace-resized': Scaling,
  'workspace-failed': CircleAlert,
  'owner-started': CirclePlay,
  'owner-stopped': CircleStop,
  'hold-placed': CirclePause,
  'hold-lifted': CirclePlay,
  renewal: Repeat,
  ends: Flag,
  'trial-ends': Flag,
  reminder: Bell,
  suspend: CirclePause,
  cancel: Ban,
  'deletion-warning': Archive,
  delete: Trash2,
  'payment-retry': CircleDollarSign,
};
