import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { canReach } from './postgres-home.ts';

const somebodyElse = { uid: 54_321, gid: 54_321 };

test('a folder below one that only its owner may enter is out of reach for others', () => {
  const closed = mkdtempSync(join(tmpdir(), 'reach-'));
  onTestFinished(() => rmSync(closed, { recursive: true }));
  const inside = join(closed, 'checkout');
  mkdirSync(inside, { mode: 0o755 });

  expect(canReach(inside, somebodyElse)).toBe(false);
  chmodSync(closed, 0o711);
  expect(canReach(inside, somebodyElse)).toBe(true);
});
