import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { attachPlatform } from '#platform/attach.ts';
import { grace } from '#stories/grace.ts';
import { leave } from '#stories/leave.ts';
import { resize } from '#stories/resize.ts';
import type { StoryResult } from '#stories/story.ts';
import { twoHosts } from '#stories/two-hosts.ts';

test('bin/leasehold story grace --json plays a failed payment to its end and prints the steps', async () => {
  const { stdout } = await promisify(execFile)('bin/leasehold', ['story', 'grace', '--json'], {
    env: { ...process.env, LEASEHOLD_STATE: inject('platformStateDir') },
  });
  const result = JSON.parse(stdout) as StoryResult;
  expect(result).toMatchObject({ story: 'grace', passed: true, failures: [] });
  expect(result.containerId).toMatch(/^[0-9a-f]{64}$/);
  expect(result.steps.map(({ day, standing, container }) => [Math.floor(day), standing, container.status])).toEqual([
    [0, 'active', 'running'],
    [0, 'grace', 'running'],
    [3, 'grace', 'running'],
    [6, 'grace', 'running'],
    [7, 'suspended', 'exited'],
    [7, 'active', 'running'],
  ]);
  for (const { container } of result.steps) expect(container).toMatchObject({ memoryMb: 512, cpus: 1 });
});

for (const [disturbance, what] of Object.entries(grace.disturbances)) {
  test(`a failed payment ends the same way when ${what}`, async () => {
    const platform = await attachPlatform(inject('platformStateDir'));
    if (!platform) throw new Error('No platform runs for this test.');
    const { failures } = await grace.play({ platform, disturbance });
    expect(failures).toEqual([]);
  });
}

for (const [story, what] of [
  [resize, 'is resized while it runs, and keeps what it uses'],
  [twoHosts, 'moves with its data when its host is drained'],
] as const) {
  test(`a workspace ${what}`, async () => {
    const platform = await attachPlatform(inject('platformStateDir'));
    if (!platform) throw new Error('No platform runs for this test.');
    const { failures } = await story.play({ platform });
    expect(failures).toEqual([]);
  });
}

for (const [disturbance, what] of [
  [undefined, 'nothing comes between'],
  ...Object.entries(leave.disturbances),
] as const) {
  test(`an owner who leaves is cancelled first, then stopped, then deleted, when ${what}`, async () => {
    const platform = await attachPlatform(inject('platformStateDir'));
    if (!platform) throw new Error('No platform runs for this test.');
    const { failures } = await leave.play({ platform, disturbance });
    expect(failures).toEqual([]);
  });
}
