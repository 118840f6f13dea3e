import { expect, test } from 'vitest';
import type { ExecutionsAnswer } from '#api/answers.ts';
import { presentExecutions } from './executions.ts';

const NOW = '2026-03-05T12:00:00.000Z';
const VIEWER = { locale: 'en-GB', timeZone: 'Europe/Zurich', timeZoneKnown: true };
const answer = (changes: Partial<ExecutionsAnswer['total']> = {}): ExecutionsAnswer => ({
  period: { start: '2026-03-01T00:00:00.000Z', end: '2026-04-01T00:00:00.000Z' },
  total: { executions: 1_204, failed: 3, lost: 0, durationMs: 12_400, durationMaxMs: 900, ...changes },
  by: [],
  recent: [
    { id: 'a', plugin: 'echo', at: NOW, outcome: 'failed', durationMs: 31.4, reason: 'PLUGIN_TIMEOUT' },
    { id: 'b', plugin: 'echo', at: NOW, outcome: 'pending', durationMs: null, reason: null },
  ],
});

test('what is counted is said, and what is not counted too', () => {
  expect(presentExecutions(answer(), NOW, VIEWER).total).toBe(
    '1,204 in this billing period, 3 of them failed, 12.4 s together.',
  );
  expect(presentExecutions(answer({ executions: 0, failed: 0, lost: 2 }), NOW, VIEWER).total).toBe(
    '0 in this billing period, 2 more were not answered and are not counted.',
  );
});

test('each of the newest says how it ended and how long it took', () => {
  expect(presentExecutions(answer(), NOW, VIEWER).recent).toMatchObject([
    { outcome: 'failed (PLUGIN_TIMEOUT), 31 ms', moment: 'Thu 5 Mar, 13:00' },
    { outcome: 'under way' },
  ]);
});
