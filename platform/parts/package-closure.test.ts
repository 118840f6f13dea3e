import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packageClosure } from './package-closure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test("PM2's closure holds PM2, what it needs, and what that needs, each once and as installed", () => {
  const closure = packageClosure(ROOT, 'pm2');
  const paths = closure.map(({ path }) => path);
  expect(paths).toContain('node_modules/pm2');
  expect(paths.some((path) => path.endsWith('/ms'))).toBe(true);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.every((path) => existsSync(join(ROOT, path, 'package.json')))).toBe(true);
});

test('a package that is not installed is named', () => {
  expect(() => packageClosure(ROOT, 'not-installed-anywhere')).toThrow(/not-installed-anywhere/);
});
