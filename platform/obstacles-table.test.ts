import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documentedTests, expectTestsToExist } from './documented-tests.fixture.ts';
import { ROOT } from './root.ts';

const HEADING = '## What can be in the way';

const rows = () => documentedTests(HEADING);

test('each row of the table of obstacles names a test that exists', () => {
  expect(rows().length).toBeGreaterThan(30);
  expectTestsToExist(rows());
});

test('each test of an obstacle is a row of the table', () => {
  const named = new Set(rows().map(({ title }) => title));
  const source = readFileSync(join(ROOT, 'platform/obstacles.test.ts'), 'utf8');
  const titles = [...source.matchAll(/^(?:test\(|\)\()\s*'((?:[^'\\]|\\.)*)'/gm)].map(([, title = '']) => title);
  expect(titles.length).toBeGreaterThan(10);
  expect(titles.filter((title) => !named.has(title))).toEqual([
    'in the background: up, status, logs, down and reset, which asks',
  ]);
});
