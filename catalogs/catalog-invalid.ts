/** What is wrong at one place of a catalog's file. */
export interface CatalogProblem {
  /** Line of the file, from 1. */
  line: number;
  /** Path of the field, for example `plans.2.pool.memory`; `file` for the whole of it. */
  field: string;
  /** What is wrong, and how to mend it. */
  message: string;
}

/** A catalog that can't be used: names the file and, for each problem, the line, the field and the way to mend it. */
export class CatalogInvalid extends Error {
  override readonly name = 'CatalogInvalid';
  readonly file: string;
  readonly problems: CatalogProblem[];

  constructor(file: string, problems: CatalogProblem[]) {
    const lines = problems.map(({ line, field, message }) => `  - ${file}:${line}, ${field}: ${message}`);
    super(`Catalog ${file} can't be used:\n${lines.join('\n')}`);
    this.file = file;
    this.problems = problems;
  }
}
