import { expect, test } from 'vitest';
import { aPayingAccount, day, TEAM_SIZE } from '#test/factories/billing.ts';
import type { AccountState } from './account-state.ts';
import { previewSize, type SizePreviewFigures } from './size-preview.ts';
import { addMs } from './time.ts';
import { afterObserved } from './workspace-progress.ts';

const NOW = day(1);
const IDLE: SizePreviewFigures = { memoryUsedMb: 60, host: { memoryMb: 4_096, freeMb: 4_096, cpuPercent: 400 } };

/** In a pool of twice its size. */
function account(observed: 'running' | 'stopped' = 'running'): AccountState {
  const state = aPayingAccount();
  const { pool } = state.entitlements;
  const twice = (value: number) => ({ value: value * 2, because: 'The plan.' });
  const entitlements = {
    ...state.entitlements,
    pool: pool && {
      ...pool,
      memoryMb: twice(TEAM_SIZE.memoryMb),
      cpuPercent: twice(TEAM_SIZE.cpuPercent),
      storageMb: twice(TEAM_SIZE.storageMb),
    },
  };
  const seen = {
    state: observed,
    generation: 2,
    containerId: 'c',
    at: NOW,
    since: NOW,
    reason: null,
    pending: null,
    storageLimit: null,
  };
  return afterObserved({ ...state, entitlements }, 'ws_1', { ...seen, size: TEAM_SIZE }, NOW);
}

function preview(changes: Partial<typeof TEAM_SIZE>, figures: Partial<SizePreviewFigures> = {}, state = account()) {
  const wish = { workspaceId: 'ws_1', size: { ...TEAM_SIZE, ...changes } };
  return previewSize(state, wish, { ...IDLE, ...figures }, NOW);
}

test('shrinking below what is in use says both numbers and when it is tried again', () => {
  expect(preview({ memoryMb: 128 }, { memoryUsedMb: 210 })).toMatchObject({
    outcome: 'deferred',
    triedAgainAt: addMs(NOW, 60_000),
    sentences: [
      'You use 210 MB of the new 128 MB.',
      'It keeps 512 MB until less is in use, and gets the new size then.',
    ],
  });
});

test('shrinking with room to spare keeps it running', () => {
  expect(preview({ memoryMb: 256 })).toMatchObject({
    outcome: 'keeps-running',
    growsWithRestart: false,
    sentences: ['It keeps running.', 'You use 60 MB of the new 256 MB.'],
  });
});

test('growing keeps it running, and says that its programs need a restart to use it', () => {
  expect(preview({ memoryMb: 1_024 })).toMatchObject({ outcome: 'keeps-running', growsWithRestart: true });
  const wish = { workspaceId: 'ws_1', size: { ...TEAM_SIZE, memoryMb: 1_024 }, restart: true };
  expect(previewSize(account(), wish, IDLE, NOW).outcome).toBe('restarts');
});

test('more than its host has free waits with the numbers', () => {
  const { outcome, sentences } = preview(
    { memoryMb: 1_024 },
    { host: { memoryMb: 2_048, freeMb: 768, cpuPercent: 200 } },
  );
  expect(outcome).toBe('deferred');
  expect(sentences[0]).toContain('Its host has 2,048 MB, 768 MB of them free for it; 1,024 MB are needed.');
});

test('beyond the pool it is refused with the numbers', () => {
  expect(preview({ memoryMb: 2_048 })).toMatchObject({
    outcome: 'refused',
    sentences: ["Main needs 2 GB of memory; 1 GB of the pool's 1 GB is free."],
    refusal: { code: 'PoolExhausted', shortage: { part: 'memoryMb', max: 1_024, asked: 2_048 } },
  });
});

test('one that is down has it at its next start; the same size changes nothing', () => {
  expect(preview({ memoryMb: 128 }, { memoryUsedMb: null }, account('stopped'))).toMatchObject({
    outcome: 'at-next-start',
  });
  expect(preview({}).outcome).toBe('same');
});

test('less storage than its data takes is foretold to stop it', () => {
  const state = account();
  const workspaces = state.workspaces.map((each) => ({
    ...each,
    storage: { usedMb: 3_000, limitMb: TEAM_SIZE.storageMb, state: 'ok' as const },
  }));
  expect(preview({ storageMb: 1_024 }, {}, { ...state, workspaces }).sentences.at(-1)).toBe(
    'Its data takes 3,000 MB and it would have 1,024 MB of storage: it would be stopped until there is room.',
  );
});
