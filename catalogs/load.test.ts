import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CatalogInvalid, loadCatalog } from './load.ts';

const folder = mkdtempSync(join(tmpdir(), 'leasehold-catalog-'));
const demo = readFileSync('catalogs/demo.yaml', 'utf8');

afterAll(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  const file = join(folder, 'catalog.yaml');
  writeFileSync(file, text);
  return loadCatalog(file);
}

test('the demo catalog has a free plan and one that is paid for', () => {
  const catalog = loadCatalog('catalogs/demo.yaml');
  expect(catalog.plans.map(({ id, workspace }) => [id, workspace.memoryMb, workspace.cpuPercent])).toEqual([
    ['hobby', 256, 50],
    ['team', 512, 100],
  ]);
  expect(catalog.dunning).toMatchObject({
    reminderDays: [0, 3, 6],
    suspendAfterDays: 7,
    cancelAfterDays: 30,
    deleteAfterDays: 60,
  });
});

test.each([
  ['an unknown field', demo.replace('currency: usd', 'currency: usd\ncolour: red'), 'colour'],
  ['a currency that is none', demo.replace('currency: usd', 'currency: Dollars'), 'line 5, currency: an ISO 4217 code'],
  ['a free plan that is not there', demo.replace('freePlanId: hobby', 'freePlanId: gold'), 'name one of hobby, team'],
  ['two plans of one name', demo.replace('id: team', 'id: hobby'), 'hobby occurs twice'],
  [
    'a reminder after the suspension',
    demo.replace('[0, 3, 6]', '[0, 3, 9]'),
    'reminderDays: must ascend and lie before suspendAfterDays',
  ],
  [
    'a cancel before the suspension',
    demo.replace('cancelAfterDays: 30', 'cancelAfterDays: 5'),
    'must lie after suspendAfterDays',
  ],
  [
    'a deletion before its warning',
    demo.replace('deleteAfterDays: 60', 'deleteAfterDays: 50'),
    'between cancelAfterDays and deleteAfterDays',
  ],
  ['a size of nothing', demo.replace('memoryMb: 256', 'memoryMb: 0'), 'plans.0.workspace.memoryMb'],
  ['broken YAML', demo.replace('plans:', 'plans: ['), 'catalog.yaml'],
])('%s is refused with the place and what is wrong', (_, text, message) => {
  expect(() => load(text)).toThrow(CatalogInvalid);
  expect(() => load(text)).toThrow(message);
});
