import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureSecrets } from './secrets.ts';

test('secrets are made once, for each installation anew, in a file that its owner alone can read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-secrets-'));
  try {
    const file = join(folder, 'secrets.json');
    const made = ensureSecrets(folder);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ensureSecrets(folder)).toEqual(made);
    rmSync(file);
    expect(ensureSecrets(folder).internalToken).not.toBe(made.internalToken);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('damaged secrets are not made up anew: the sentence says what hangs on them and the ways out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-secrets-'));
  try {
    writeFileSync(join(folder, 'secrets.json'), '{"installationId": "cut o');
    expect(() => ensureSecrets(folder)).toThrow(/secrets.json is damaged: .*backup.*reset/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
