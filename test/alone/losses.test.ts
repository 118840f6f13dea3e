import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#stories/until.ts';
import { type LossesStage, openLossesStage, WHOLE_WITHIN_MS } from '../losses-stage.ts';

/** Signed events of each of the three times: before the disk is full, while it is, and after. */
const EVENTS = 150;
let on: LossesStage;

beforeAll(async () => {
  on = await openLossesStage();
});

afterAll(async () => {
  await on?.close();
});

test('with Temporal killed worker and API live on and say so, and all is whole when it is back by itself', async () => {
  const before = [await on.pidOf('worker'), await on.pidOf('api')];
  await on.kill('temporal');
  await on.isWhole();
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(before);
});

test('API and worker start without PostgreSQL and Temporal, say what is missing, and are whole when these are there', async () => {
  await on.handle.killPart('temporal');
  await on.handle.killPart('postgres');
  const before = [await on.pidOf('worker'), await on.pidOf('api')];
  await on.kill('worker');
  await on.kill('api');
  await on.says({
    api: ['postgres', 'temporal', 'worker'],
    worker: ['accounts', 'postgres', 'temporal', 'workspaces'],
  });
  const started = [await on.pidOf('worker'), await on.pidOf('api')];
  expect(started).not.toEqual(before);
  expect(await on.deliver('evt_refused')).toBe(503);

  await on.handle.startPart('postgres');
  await on.handle.startPart('temporal');
  await on.isWhole();
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(started);
});

test('with PostgreSQL killed it is back by itself, and so is all that stands on it', async () => {
  await on.kill('postgres');
  await on.isWhole();
});

test('with Stripe gone worker and API live on; what it has told is acted on when it is back', async () => {
  const before = [await on.pidOf('worker'), await on.pidOf('api')];
  await on.handle.killPart('simulator');
  expect(await on.deliver('evt_while_stripe_is_gone')).toBe(200);
  await on.handle.startPart('simulator');
  await on.isWhole();
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(before);
  await until('the event to be acted on', WHOLE_WITHIN_MS, async () => {
    const row = await on.stage.prisma.stripeEvent.findUnique({ where: { id: 'evt_while_stripe_is_gone' } });
    return row?.actedAt != null;
  });
});

test('with the disk of all state full no event that was taken is lost, no workspace stops, the log says it in few lines, and freed space brings all back', async () => {
  const answers = new Map<string, number>();
  const send = async (time: string) => {
    for (let number = 0; number < EVENTS; number += 10)
      await Promise.all(
        Array.from({ length: 10 }, async (_, index) => {
          const id = `evt_${time}_${number + index}`;
          answers.set(id, await on.deliver(id));
        }),
      );
  };
  await send('before');
  on.disk.fill();
  await send('full');
  // Whatever dies of it is started again on the full disk, in vain.
  await on.kill('api');
  await until('the API to be there on the full disk', WHOLE_WITHIN_MS, async () => {
    return (await fetch(`${on.env.LEASEHOLD_API_URL}/health`)).status === 200;
  });
  await send('still_full');
  on.disk.free();
  await on.isWhole();
  await send('after');

  const taken = [...answers].filter(([, status]) => status === 200).map(([id]) => id);
  expect(new Set(answers.values())).toEqual(new Set([200, 503]));
  expect(taken.length).toBeGreaterThanOrEqual(2 * EVENTS);
  const rows = () => on.stage.prisma.stripeEvent.findMany({ where: { id: { in: taken } } });
  expect(await rows()).toHaveLength(taken.length);
  await until('all of them to be acted on', WHOLE_WITHIN_MS, async () =>
    (await rows()).every(({ actedAt }) => actedAt !== null),
  );
  const refusals = linesOf('api').filter((line) => line.includes('"msg":"refused"'));
  expect(refusals.length).toBeLessThan(20);
});

function linesOf(part: string): string[] {
  return readFileSync(join(on.stateDir, 'logs', `${part}.log`), 'utf8')
    .trimEnd()
    .split('\n');
}
