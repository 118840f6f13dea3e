import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { catalogFile } from './catalog-file.ts';

export const SCHEMA_FILE = 'catalogs/catalog.schema.json';

/** The JSON Schema by which editors complete and check a catalog's file. */
export function catalogSchemaJson(): string {
  const schema = z.toJSONSchema(catalogFile, { io: 'input' });
  return `${JSON.stringify({ ...schema, title: 'Leasehold catalog' }, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(SCHEMA_FILE, catalogSchemaJson());
