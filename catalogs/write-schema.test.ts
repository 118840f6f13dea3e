import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { catalogSchemaJson, SCHEMA_FILE } from './write-schema.ts';

const files = readdirSync('catalogs').filter((file) => file.endsWith('.yaml'));
const validate = new Ajv2020({ strict: false }).compile(JSON.parse(catalogSchemaJson()));

test('the published schema is that of the code; npx tsx catalogs/write-schema.ts writes it anew', () => {
  expect(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8'))).toEqual(JSON.parse(catalogSchemaJson()));
});

test.each(files)('%s names the schema to editors and has its form', (file) => {
  const text = readFileSync(`catalogs/${file}`, 'utf8');
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./catalog.schema.json');
  validate(parse(text));
  expect(validate.errors).toBeNull();
});

test('the schema refuses what the code refuses: an unknown field, a size that is none', () => {
  const demo = parse(readFileSync('catalogs/demo.yaml', 'utf8'));
  expect(validate({ ...demo, colour: 'red' })).toBe(false);
  expect(validate({ ...demo, plans: [{ ...demo.plans[0], pool: { memory: '1 Gi', cpu: 1, storage: 1 } }] })).toBe(
    false,
  );
});
