import { expect, test } from 'vitest';
import { durationText, relativeTime } from './relative-time.ts';

const NOW = '2026-03-05T12:00:00.000Z';

test.each([
  ['2026-03-08T12:00:00.000Z', 'in 3 days'],
  ['2026-03-08T16:59:00.000Z', 'in 3 days 4 hours'],
  ['2026-03-05T17:12:40.000Z', 'in 5 hours 12 minutes'],
  ['2026-03-05T12:01:00.000Z', 'in 1 minute'],
  ['2026-03-05T12:00:59.000Z', 'in less than a minute'],
  ['2026-03-05T12:00:00.000Z', 'just now'],
  ['2026-03-05T11:59:01.000Z', 'just now'],
  ['2026-03-05T10:30:00.000Z', '1 hour ago'],
  ['2026-03-01T09:00:00.000Z', '4 days ago'],
  ['2026-03-29T23:00:00.000Z', 'in 24 days'],
])('%s is said as "%s"', (at, said) => {
  expect(relativeTime(at, NOW)).toBe(said);
});

test('time left is never rounded up', () => {
  expect(relativeTime('2026-03-08T11:59:59.999Z', NOW)).toBe('in 2 days 23 hours');
  expect(relativeTime('2026-03-20T11:59:59.999Z', NOW)).toBe('in 14 days');
});

test('a duration skips what is zero and knows the singular', () => {
  expect(durationText(0, 2)).toBe('0 seconds');
  expect(durationText(1_000, 2)).toBe('1 second');
  expect(durationText(86_400_000 + 60_000, 2)).toBe('1 day');
  expect(durationText(93_784_000, 2)).toBe('1 day 2 hours');
});
