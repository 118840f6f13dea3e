import { expect, test } from 'vitest';
import { aCatalog, anAccount, anAddOn, aPlan, aPrice, day } from '#test/factories/billing.ts';
import { CommandRefused, createWorkspace, type PoolShortage } from './commands.ts';
import { offersFor } from './offers.ts';
import { poolLimitError } from './pool-limit.ts';

const small = { memoryMb: 512, cpuPercent: 100, storageMb: 2048 };
const catalog = aCatalog({
  plans: [
    aPlan({ id: 'free', name: 'Free', pool: { ...small, workspaces: 1 } }),
    aPlan({ id: 'dear', name: 'Dear', prices: [aPrice('dear', 9000)], pool: { ...small, workspaces: -1 } }),
    aPlan({ id: 'pro', name: 'Pro', prices: [aPrice('pro', 2900)], pool: { ...small, workspaces: 3 } }),
    aPlan({ id: 'made', name: 'Made', custom: true, pool: { ...small, workspaces: -1 } }),
  ],
  addOns: [anAddOn({ rules: [{ on: ['free'], resources: 'stack', unlocks: [] }] })],
});
const offers = offersFor(catalog, anAccount({}, catalog), day(0));

function shortageOf(act: () => unknown): PoolShortage {
  try {
    act();
  } catch (error) {
    if (error instanceof CommandRefused && error.shortage) return error.shortage;
    throw error;
  }
  throw new Error('Nothing lacked.');
}

test('one workspace too many names the cheapest plan that allows it', () => {
  const command = { commandId: 'c', workspaceId: 'w', name: 'Second', hostId: 'local' };
  const shortage = shortageOf(() => createWorkspace(anAccount({}, catalog), command, day(0)));
  expect(poolLimitError(offers, shortage)).toEqual({
    limit: 'workspaces',
    max: 1,
    used: 1,
    asked: 1,
    liftedBy: [{ kind: 'plan', id: 'pro', name: 'Pro' }],
    message: 'Workspace limit reached. Upgrade to Pro.',
  });
});

test('where the pool is too small, an add-on lifts it as well', () => {
  const error = poolLimitError(offers, { part: 'memoryMb', max: 512, used: 512, asked: 256 });
  expect(error.liftedBy).toEqual([{ kind: 'add-on', id: 'micro', name: 'Micro' }]);
  expect(error.message).toBe('Memory limit reached. Add Micro.');
});

test('what nothing that is sold lifts says so', () => {
  const error = poolLimitError(offers, { part: 'storageMb', max: 2048, used: 2048, asked: 999_999 });
  expect([error.liftedBy, error.message]).toEqual([[], 'Storage limit reached. Talk to us about more.']);
});
