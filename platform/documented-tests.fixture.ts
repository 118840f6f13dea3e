import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from './root.ts';

/** A row of a table in docs/operations.md whose last column is `file: title`, a test. */
export interface DocumentedTest {
  cells: string[];
  file: string;
  title: string;
}

/** @param heading the line above the table */
export function documentedTests(heading: string): DocumentedTest[] {
  const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
  const [section = ''] = page.slice(page.indexOf(heading) + heading.length).split('\n## ');
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => {
      const cells = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const reference = cells.at(-1) ?? '';
      const end = reference.indexOf(': ');
      return { cells, file: reference.slice(0, end), title: reference.slice(end + 2) };
    });
}

/** Fails for a row whose test does not exist. */
export function expectTestsToExist(rows: DocumentedTest[]): void {
  for (const { cells, file, title } of rows) {
    const source = readFileSync(join(ROOT, file), 'utf8');
    const isThere = [`'${title}'`, `"${title}"`].some((quoted) => source.includes(quoted));
    expect(isThere, `${cells.slice(0, -1).join(', ')}: ${file} has no test "${title}"`).toBe(true);
  }
}
