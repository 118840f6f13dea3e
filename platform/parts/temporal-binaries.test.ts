import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cacheFolder, cacheKey, findTemporalBinaries } from './temporal-binaries.ts';

function cacheWith(...folders: string[]): string {
  const cache = mkdtempSync(join(tmpdir(), 'temporal-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  for (const folder of folders) mkdirSync(join(cache, folder));
  return cache;
}

test('the setting, then the XDG cache folder, then the home folder decide where builds are kept', () => {
  expect(cacheFolder({ LEASEHOLD_CACHE: '/own', XDG_CACHE_HOME: '/xdg' } as never)).toBe('/own');
  expect(cacheFolder({ XDG_CACHE_HOME: '/xdg' } as never)).toBe('/xdg/leasehold');
  expect(cacheFolder({} as never)).toMatch(/\/\.cache\/leasehold$/);
});

test('a build by another toolchain is used only where there is no Go', () => {
  const cache = cacheWith(cacheKey('go1.26.8'));
  expect(findTemporalBinaries(cache, 'go1.26.8')?.server).toBe(join(cache, cacheKey('go1.26.8'), 'server/server'));
  expect(findTemporalBinaries(cache, 'go1.27.0')).toBeNull();
  expect(findTemporalBinaries(cache, null)).not.toBeNull();
});

test('a build that was interrupted is not taken for a finished one', () => {
  const cache = cacheWith(`${cacheKey('go1.26.8')}.building`);
  expect(findTemporalBinaries(cache, 'go1.26.8')).toBeNull();
  expect(findTemporalBinaries(cache, null)).toBeNull();
});
