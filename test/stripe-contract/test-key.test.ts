import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireTestKey } from './test-key.ts';

test.each([
  ['a live key', 'sk_live_123', 'is a live key'],
  ['a restricted live key', 'rk_live_123', 'is a live key'],
  ['a publishable key', 'pk_test_123', 'is no test key'],
  ['anything else', 'whsec_123', 'is no test key'],
  ['no key', undefined, 'There is no key'],
])('%s is refused with a sentence that does not repeat it', (_, key, sentence) => {
  const refused = () => requireTestKey(key);
  expect(refused).toThrow(sentence);
  expect(refused).toThrow('Nothing was called');
  if (key) expect(refused).not.toThrow(key);
});

test.each(['sk_test_51abc', 'rk_test_51abc'])('%s is taken', (key) => {
  expect(requireTestKey(key)).toBe(key);
});

test('the command ends with the sentence before anything is called', () => {
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, 'main.ts')],
    { env: { ...process.env, STRIPE_SECRET_KEY: 'sk_live_123' }, encoding: 'utf8' },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain('is a live key');
});
