import { expect, test } from 'vitest';
import { presentKey, validityOf } from './key-view.ts';

const VIEWER = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true };
const NOW = '2026-03-05T12:00:00.000Z';

test('a key tells what it may do, until when, and when it was used last', () => {
  const view = presentKey(
    {
      id: 'k-1',
      name: 'CI',
      start: 'lh_abc',
      scopes: ['usage:write', 'read'],
      state: 'active',
      createdAt: '2026-03-01T12:00:00.000Z',
      expiresAt: '2026-04-01T12:00:00.000Z',
      lastUsedAt: '2026-03-05T11:00:00.000Z',
    },
    NOW,
    VIEWER,
  );
  expect(view).toMatchObject({ scopes: 'Read, Report usage', label: 'Active', tone: 'good' });
  expect([view.expires?.relative, view.lastUsed?.relative]).toEqual(['in 27 days', '1 hour ago']);
});

test('only a validity that is offered is taken', () => {
  expect([validityOf('90'), validityOf('never'), validityOf('9999'), validityOf('')]).toEqual([
    90,
    null,
    undefined,
    undefined,
  ]);
});
