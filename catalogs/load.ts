import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import type { Catalog } from '#domain/catalog.ts';
import { catalogFile } from './catalog-file.ts';
import { CatalogInvalid, type CatalogProblem } from './catalog-invalid.ts';
import { checkConsistency } from './consistency.ts';
import { lineOf } from './place.ts';
import { toCatalog } from './to-catalog.ts';

/**
 * Reads and checks a catalog. Its format is in `docs/plans.md`.
 *
 * @param file path of a YAML file; relative paths are seen from the working directory
 * @param env where `knownPriceIdsFrom` is looked up; default: nowhere
 * @throws CatalogInvalid naming each problem with its line and the way to mend it
 */
export function loadCatalog(file: string, env: Record<string, string | undefined> = {}): Catalog {
  const lines = new LineCounter();
  const document = parseDocument(textOf(file), { lineCounter: lines });
  // The errors after the first mostly follow from it.
  const [broken] = document.errors;
  if (broken) {
    const what = (broken.message.split('\n')[0] ?? '').replace(/ at line \d.*$/, '');
    throw new CatalogInvalid(file, [
      {
        line: lines.linePos(broken.pos[0]).line,
        field: 'file',
        message: `is no YAML: ${what}; ${remedyOf(broken)}`,
      },
    ]);
  }
  if (document.contents === null) {
    throw new CatalogInvalid(file, [{ line: 1, field: 'file', message: 'is empty; copy catalogs/demo.yaml to begin' }]);
  }

  const problems: CatalogProblem[] = [];
  const refuse = (path: PropertyKey[], message: string) => {
    problems.push({ line: lineOf(document, lines, path), field: path.map(String).join('.') || 'file', message });
  };
  const parsed = catalogFile.safeParse(document.toJS());
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      for (const path of paths) refuse(path, issue.message);
    }
    throw new CatalogInvalid(file, problems);
  }
  const catalog = toCatalog(parsed.data, env, refuse);
  checkConsistency(catalog, refuse);
  if (problems.length > 0)
    throw new CatalogInvalid(
      file,
      problems.toSorted((a, b) => a.line - b.line),
    );
  return catalog;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw new CatalogInvalid(file, [{ line: 1, field: 'file', message: `can't be read: ${reason}; check the path` }]);
  }
}

function remedyOf({ code, message }: YAMLParseError): string {
  if (message.startsWith('Flow')) return 'close the bracket';
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'remove one of the two';
    case 'TAB_AS_INDENT':
      return 'indent with spaces';
    case 'BAD_INDENT':
      return 'indent the fields of one thing alike';
    default:
      return 'look for a bracket or a quote that is not closed, or a colon without a space after it';
  }
}
