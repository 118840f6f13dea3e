import { type Moment, momentOf } from '../format/moment.ts';
import type { Viewer } from '../format/viewer.ts';
import { deviceWords } from './device.ts';

/** A session as the API tells of it. `token` opens it: it goes to no page. */
export interface SessionAnswer {
  id: string;
  token: string;
  createdAt: string;
  updatedAt: string;
  ipAddress?: string | null;
  userAgent?: string | null;
}

export interface SessionView {
  id: string;
  /** `Firefox on Linux` */
  device: string;
  ip: string | null;
  since: Moment;
  /** The one that the page is looked at in. */
  isCurrent: boolean;
}

/** The present one first, then the newest. @param now ISO */
export function presentSessions(
  sessions: readonly SessionAnswer[],
  currentId: string | null,
  now: string,
  viewer: Viewer,
): SessionView[] {
  return sessions
    .toSorted((a, b) => Number(b.id === currentId) - Number(a.id === currentId) || (a.createdAt < b.createdAt ? 1 : -1))
    .map(({ id, createdAt, ipAddress, userAgent }) => ({
      id,
      device: deviceWords(userAgent ?? null),
      ip: ipAddress || null,
      since: momentOf(createdAt, now, viewer),
      isCurrent: id === currentId,
    }));
}
