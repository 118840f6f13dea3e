import { expect, test } from 'vitest';
import { momentOf } from './moment.ts';
import type { Viewer } from './viewer.ts';

const NOW = '2026-03-05T12:00:00.000Z';
const ZURICH: Viewer = { locale: 'en-GB', timeZone: 'Europe/Zurich', timeZoneKnown: true };

test('an instant is told in the reader’s zone and order, and how far it is', () => {
  expect(momentOf('2026-03-08T13:05:00.000Z', NOW, ZURICH)).toEqual({
    iso: '2026-03-08T13:05:00.000Z',
    absolute: 'Sunday 8 March, 14:05',
    day: 'Sun 8 Mar',
    time: '14:05',
    relative: 'in 3 days 1 hour',
  });
});

test('another year is named', () => {
  expect(momentOf('2027-01-09T09:00:00.000Z', NOW, ZURICH).absolute).toContain('9 January 2027, 10:00');
});

test('midnight is 00:00 where a day has 24 hours and 12:00 AM where it has twice 12', () => {
  const midnight = '2026-03-07T23:00:00.000Z';
  expect(momentOf(midnight, NOW, ZURICH).time).toBe('00:00');
  expect(momentOf(midnight, NOW, { ...ZURICH, locale: 'en-US' }).time).toBe('12:00 AM');
});

test('as long as the reader’s zone is not known the zone is said', () => {
  const unknown: Viewer = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: false };
  expect(momentOf('2026-03-08T13:05:00.000Z', NOW, unknown).absolute).toBe('Sunday 8 March, 13:05 UTC');
});
