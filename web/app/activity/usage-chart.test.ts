import { expect, test } from 'vitest';
import type { UsageHistoryAnswer, UsagePoint } from '#api/answers.ts';
import type { Viewer } from '../format/viewer.ts';
import { CHART_HEIGHT, CHART_WIDTH, presentCharts, presentRows } from './usage-chart.ts';

const ZURICH: Viewer = { locale: 'en-GB', timeZone: 'Europe/Zurich', timeZoneKnown: true };
const FROM = Date.parse('2026-03-05T12:00:00.000Z');

const point = (minute: number, changes: Partial<UsagePoint> = {}): UsagePoint => ({
  at: new Date(FROM + minute * 60_000).toISOString(),
  seconds: 60,
  cpuAvgPercent: 10,
  cpuMaxPercent: 20,
  cpuLimitPercent: 50,
  memoryAvgMb: 100,
  memoryMaxMb: 110,
  memoryLimitMb: 256,
  networkInBytes: 1_234,
  networkOutBytes: 12_345_678,
  starts: 0,
  ...changes,
});

const history = (points: UsagePoint[], changes: Partial<UsageHistoryAnswer> = {}): UsageHistoryAnswer => ({
  range: '1h',
  from: new Date(FROM).toISOString(),
  to: new Date(FROM + 3_600_000).toISOString(),
  stepSeconds: 60,
  points,
  ...changes,
});

const numbers = (path: string) => path.match(/-?[\d.]+/g)?.map(Number) ?? [];

test('CPU is a share of what is allowed, memory in MB, and both say average, peak and limit in words', () => {
  const [cpu, memory] = presentCharts(
    history([point(0), point(1, { cpuMaxPercent: 45, memoryMaxMb: 200 }), point(2)]),
    ZURICH,
  );
  expect(cpu?.summary).toBe('CPU: 20% on average, 90% at most (13:01). The limit is 0.5 CPU, which is 100% here.');
  expect(memory?.summary).toBe('Memory: 100 MB on average, 200 MB at most (13:01). The limit is 256 MB.');
  expect(cpu?.times).toEqual(['13:00', '13:20', '13:40', '14:00']);
  expect(cpu?.heights).toEqual(['120%', '60%', '0%']);
  expect(memory?.heights).toEqual(['280 MB', '140 MB', '0 MB']);
});

test('everything drawn lies within the drawing, the limit too, and more than the limit as well', () => {
  const drawn = presentCharts(history([point(0), point(59, { cpuMaxPercent: 80, memoryMaxMb: 300 })]), ZURICH);
  for (const { average, ground, highest, limit } of drawn) {
    for (const path of [average, ground, highest, limit]) {
      expect(numbers(path).every((each) => each >= 0 && each <= Math.max(CHART_WIDTH, CHART_HEIGHT))).toBe(true);
    }
  }
});

test('where it did not run there is no curve; one look that came too late is no gap', () => {
  const [cpu] = presentCharts(history([point(0), point(1), point(3), point(20), point(21)]), ZURICH);
  expect(cpu?.average.match(/M/g)).toHaveLength(2);
  expect(presentCharts(history([point(5)]), ZURICH)[0]?.average).toMatch(/h1$/);
});

test('marks are round numbers, in GB where there are some', () => {
  const heights = (memoryLimitMb: number) => presentCharts(history([point(0, { memoryLimitMb })]), ZURICH)[1]?.heights;
  expect(heights(512)).toEqual(['560 MB', '280 MB', '0 MB']);
  expect(heights(2_048)).toEqual(['2.4 GB', '1.2 GB', '0 MB']);
  expect(heights(16_384)).toEqual(['20 GB', '10 GB', '0 MB']);
});

test('nothing at all is said to be nothing', () => {
  const [cpu] = presentCharts(history([]), ZURICH);
  expect(cpu).toMatchObject({ average: '', limit: '', summary: 'CPU: it did not run in this time.' });
  expect(presentRows(history([]), ZURICH)).toEqual([]);
});

test('the table has the newest first, in words', () => {
  const [newest] = presentRows(history([point(0), point(1, { seconds: 30 })]), ZURICH);
  expect(newest).toMatchObject({
    time: '13:01',
    cpu: '20%, highest 40%',
    memory: '100 MB, highest 110 MB of 256 MB',
    received: '1.2 kB',
    sent: '12 MB',
    ran: '50%',
  });
});

test('a month is told in days', () => {
  const [cpu] = presentCharts(
    history([], { to: new Date(FROM + 30 * 86_400_000).toISOString(), stepSeconds: 7_200 }),
    ZURICH,
  );
  expect(cpu?.times).toEqual(['5 Mar', '15 Mar', '25 Mar', '4 Apr']);
});
