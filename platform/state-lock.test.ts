import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PlatformError } from './platform-error.ts';
import { lockState } from './state-lock.ts';

test('a state folder has one holder, by whatever path it is reached', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'lock-'));
  const alias = `${stateDir}-alias`;
  symlinkSync(stateDir, alias);
  onTestFinished(() => {
    rmSync(alias);
    rmSync(stateDir, { recursive: true });
  });

  const unlock = await lockState(stateDir);
  await expect(lockState(alias)).rejects.toThrow(PlatformError);
  await unlock();
  await (await lockState(alias))();
});
