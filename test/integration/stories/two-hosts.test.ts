import { expect, test } from 'vitest';
import { twoHosts } from '#stories/two-hosts.ts';
import { lanePlatform } from '#test/lane.ts';

test('a workspace moves with its data when its host is drained', async () => {
  const { failures } = await twoHosts.play({ platform: await lanePlatform() });
  expect(failures).toEqual([]);
});
