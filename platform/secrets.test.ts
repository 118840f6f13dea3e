import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureSecrets } from './secrets.ts';

test('secrets are made once, for each installation anew, in a file that its owner alone can read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-secrets-'));
  try {
    const file = join(folder, 'secrets.json');
    const made = ensureSecrets(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(ensureSecrets(file)).toEqual(made);
    expect(ensureSecrets(join(folder, 'other.json')).internalToken).not.toBe(made.internalToken);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
