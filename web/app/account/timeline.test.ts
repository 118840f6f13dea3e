import { expect, test } from 'vitest';
import type { Happened } from '#api/answers.ts';
import type { Viewer } from '../format/viewer.ts';
import { NOW } from './account-answer.fixture.ts';
import { presentTimeline } from './timeline.ts';

const VIEWER: Viewer = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true };

function mail(day: number): Happened {
  return { id: `mail/${day}`, at: `2026-03-0${day}T08:00:00.000Z`, kind: 'mail-sent', text: `Mail ${day}` };
}

test('time runs from top to bottom: the past oldest first, its older part folded away', () => {
  const { past } = presentTimeline([5, 4, 3, 2, 1].map(mail), [], NOW, VIEWER);
  expect(past?.earlier.map((each) => each.id)).toEqual(['mail/1']);
  expect(past?.recent.map((each) => each.id)).toEqual(['mail/2', 'mail/3', 'mail/4', 'mail/5']);
});

test('what happened after the account was read is not above an earlier now', () => {
  const after = { ...mail(9), at: new Date(Date.parse(NOW) + 60_000).toISOString() };
  expect(presentTimeline([after], [], NOW, VIEWER).now.iso).toBe(after.at);
});

test('a short past is shown whole', () => {
  const { past } = presentTimeline([mail(1)], [], NOW, VIEWER);
  expect(past?.earlier).toEqual([]);
  expect(past?.recent).toHaveLength(1);
});

test('what changes something stands out, not the mail or the attempt before it', () => {
  const { upcoming } = presentTimeline(
    [],
    [
      { at: '2026-03-06T08:00:00.000Z', kind: 'payment-retry', text: 'We try again.' },
      { at: '2026-03-07T08:00:00.000Z', kind: 'reminder', text: 'We remind you.' },
      { at: '2026-03-08T08:00:00.000Z', kind: 'suspend', text: 'Workspaces stop.' },
      { at: '2026-04-01T08:00:00.000Z', kind: 'cancel', text: 'The subscription ends.' },
    ],
    NOW,
    VIEWER,
  );
  expect(upcoming.map((each) => each.decisive)).toEqual([false, false, true, false]);
});

test('a history that can’t be read is not taken for an empty one', () => {
  expect(presentTimeline(null, [], NOW, VIEWER).past).toBeNull();
});
