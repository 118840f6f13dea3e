import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './root.ts';

const HEADING = '## When something is lost';

/** Rows of the table in docs/operations.md: its last column is `file: title`. */
function rows(): { part: string; loss: string; file: string; title: string }[] {
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [section = ''] = page.slice(page.indexOf(HEADING) + HEADING.length).split('\n## ');
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => {
      const [part = '', loss = '', , reference = ''] = line
        .split('|')
        .slice(1)
        .map((cell) => cell.trim());
      const end = reference.indexOf(': ');
      return { part, loss, file: reference.slice(0, end), title: reference.slice(end + 2) };
    });
}

test('each row of the table of losses names a test that exists', () => {
  expect(rows().length).toBeGreaterThan(20);
  for (const { part, loss, file, title } of rows()) {
    const source = readFileSync(join(ROOT, file), 'utf8');
    const isThere = [`'${title}'`, `"${title}"`].some((quoted) => source.includes(quoted));
    expect(isThere, `${part}, ${loss}: ${file} has no test "${title}"`).toBe(true);
  }
});

test('each test of a full disk is a row of the table', () => {
  const named = new Set(rows().map(({ title }) => title));
  const source = readFileSync(join(ROOT, 'platform/full-disk.test.ts'), 'utf8');
  const titles = [...source.matchAll(/^test\('((?:[^'\\]|\\.)*)'/gm)].map(([, title = '']) => title);
  expect(titles.length).toBeGreaterThan(3);
  expect(titles.filter((title) => !named.has(title))).toEqual([]);
});
