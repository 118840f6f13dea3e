import { expect, test } from 'vitest';
import { leave } from '#stories/leave.ts';
import { lanePlatform } from '#test/lane.ts';

test.each([undefined, ...Object.keys(leave.disturbances)])(
  'an owner who leaves is cancelled first, then stopped, then deleted; disturbed: %s',
  async (disturbance) => {
    const { failures } = await leave.play({ platform: await lanePlatform(), disturbance });
    expect(failures).toEqual([]);
  },
);
