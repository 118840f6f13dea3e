import { expect, test } from 'vitest';
import type { LiveWorkspace } from '#api/answers.ts';
import { LIVE_HEIGHT, LIVE_LIMIT_Y, LIVE_WIDTH, livePath, withFrame } from './live-curve.ts';

const START = Date.parse('2026-03-05T12:00:00.000Z');
const frame = (second: number, changes: Partial<LiveWorkspace> = {}): LiveWorkspace => ({
  workspaceId: 'ws',
  at: new Date(START + second * 1_000).toISOString(),
  status: 'running',
  containerId: 'c',
  uptimeSeconds: 1,
  memoryUsedMb: 128,
  memoryLimitMb: 256,
  memoryOfLimitPercent: 50,
  cpuPercent: 25,
  cpuLimitPercent: 50,
  cpuOfLimitPercent: 50,
  health: 'healthy',
  ...changes,
});

test('two minutes are kept, each figure once', () => {
  let frames: LiveWorkspace[] = [];
  for (let second = 0; second <= 200; second += 1) frames = withFrame(frames, frame(second));
  expect(frames).toHaveLength(121);
  expect(withFrame(frames, frame(200))).toHaveLength(121);
});

test('the newest is at the right edge, the limit at its line, and a silence is a gap', () => {
  const frames = [frame(0), frame(1), frame(30, { cpuOfLimitPercent: 100 })];
  const path = livePath(frames, (each) => each.cpuOfLimitPercent);
  expect(path.match(/M/g)).toHaveLength(2);
  expect(path).toMatch(new RegExp(`M${LIVE_WIDTH}\\.0 ${LIVE_LIMIT_Y}\\.0$`));
  const halfWay = (LIVE_HEIGHT + LIVE_LIMIT_Y) / 2;
  expect(path).toContain(` ${halfWay.toFixed(1)}`);
});

test('what does not run has no curve', () => {
  expect(livePath([frame(0, { status: 'stopped' })], () => 0)).toBe('');
  expect(livePath([], () => 0)).toBe('');
});
