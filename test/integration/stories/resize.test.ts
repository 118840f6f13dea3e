import { expect, test } from 'vitest';
import { resize } from '#stories/resize.ts';
import { lanePlatform } from '#test/lane.ts';

test('a workspace is resized while it runs, and keeps what it uses', async () => {
  const { failures } = await resize.play({ platform: await lanePlatform() });
  expect(failures).toEqual([]);
});
