import { expect, onTestFinished, test } from 'vitest';
import { lanePlatform } from '#test/lane.ts';

test('a worker that has just started ends by itself when it is asked to, and is not killed', async () => {
  const platform = await lanePlatform();
  const worker = async () => (await platform.parts()).find(({ name }) => name === 'worker');
  onTestFinished(async () => {
    if ((await worker())?.state !== 'running') await platform.startPart('worker');
  });
  // What it did long ago no longer keeps it: it is asked right after a start.
  await platform.stopPart('worker');
  await platform.startPart('worker');
  await platform.stopPart('worker');
  expect(await worker()).toMatchObject({ state: 'stopped', detail: 'stopped' });
});
