import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentedTests, expectTestsToExist } from './documented-tests.fixture.ts';
import { ROOT } from './root.ts';

const HEADING = '## When something is lost';

const rows = () => documentedTests(HEADING);

test('each row of the table of losses names a test that exists', () => {
  expect(rows().length).toBeGreaterThan(20);
  expectTestsToExist(rows());
});

test('each test of a full disk is a row of the table', () => {
  const named = new Set(rows().map(({ title }) => title));
  const source = readFileSync(join(ROOT, 'platform/full-disk.test.ts'), 'utf8');
  const titles = [...source.matchAll(/^test\('((?:[^'\\]|\\.)*)'/gm)].map(([, title = '']) => title);
  expect(titles.length).toBeGreaterThan(3);
  expect(titles.filter((title) => !named.has(title))).toEqual([]);
});
