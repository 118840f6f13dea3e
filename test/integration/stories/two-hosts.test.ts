import { expect, test } from 'vitest';
import { twoHosts } from '#stories/two-hosts.ts';
import { lanePlatform } from '#test/lane.ts';

test.each([undefined, ...Object.keys(twoHosts.disturbances)])(
  'a workspace moves with its data when its host is drained; disturbed: %s',
  async (disturbance) => {
    const { failures } = await twoHosts.play({ platform: await lanePlatform(), disturbance });
    expect(failures).toEqual([]);
  },
);
