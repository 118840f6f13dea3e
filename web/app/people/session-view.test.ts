import { expect, test } from 'vitest';
import { presentSessions } from './session-view.ts';

const NOW = '2026-03-05T12:00:00.000Z';
const session = (id: string, createdAt: string) => ({ id, token: `opens-${id}`, createdAt, updatedAt: createdAt });
const sessions = [
  session('old', '2026-03-01T12:00:00.000Z'),
  session('new', '2026-03-04T12:00:00.000Z'),
  session('own', '2026-03-02T12:00:00.000Z'),
];
const views = presentSessions(sessions, 'own', NOW, { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true });

test('the present session comes first, then the newest', () => {
  expect(views.map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
    ['own', true],
    ['new', false],
    ['old', false],
  ]);
});

test('nothing that opens a session goes to a page', () => {
  expect(JSON.stringify(views)).not.toContain('opens-');
});
