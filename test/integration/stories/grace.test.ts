import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { grace } from '#stories/grace.ts';
import type { StoryResult } from '#stories/story.ts';
import { lane, lanePlatform } from '#test/lane.ts';

test('bin/leasehold story grace --json plays a failed payment to its end and prints the steps', async () => {
  const { stdout } = await promisify(execFile)('bin/leasehold', ['story', 'grace', '--json'], {
    env: { ...process.env, LEASEHOLD_STATE: lane().stateDir },
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

test.each(Object.entries(grace.disturbances))(
  'a failed payment ends the same way when disturbed: %s (%s)',
  async (disturbance) => {
    const { failures } = await grace.play({ platform: await lanePlatform(), disturbance });
    expect(failures).toEqual([]);
  },
);
