import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { billingGuide } from '#catalogs/billing-guide/billing-guide.ts';
import { loadCatalog } from '#catalogs/load.ts';

const document = readFileSync('docs/billing.md', 'utf8');

/** Every table of a document, with its heading. */
function tablesOf(markdown: string): string[] {
  return markdown.match(/^\*\*[^*\n]+\*\*\n\n(?:\|.*\n)+/gm) ?? [];
}

test('docs/billing.md has the tables as the command prints them, all of them and no others', async () => {
  const command = 'billing-guide catalogs/2bot.yaml';
  expect(document).toContain(`\`\`\`sh\nbin/leasehold ${command}\n\`\`\``);
  const args = ['--import', 'tsx', 'cli/main.ts', ...command.split(' ')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(tablesOf(stdout).join('\n')).toBe(stdout);
  expect(tablesOf(document)).toEqual(tablesOf(stdout));
  const rows = document.split('\n').filter((line) => line.startsWith('|'));
  expect(rows).toEqual(stdout.split('\n').filter((line) => line.startsWith('|')));
}, 60_000);

test.each(['2bot', 'demo', 'helvetia', 'objecta'])('there is a guide for the catalog %s', (name) => {
  expect(tablesOf(billingGuide(loadCatalog(`catalogs/${name}.yaml`, {})))).toHaveLength(8);
});

test('the guide follows the catalog: other days and other answers give other tables', () => {
  const catalog = loadCatalog('catalogs/2bot.yaml', {});
  const strict = billingGuide({
    ...catalog,
    dunning: { ...catalog.dunning, reminderDays: [0, 9], suspendAfterDays: 10 },
    onCollectionPaused: 'hold',
  });
  const rowOf = (first: string) => strict.split('\n').find((line) => line.startsWith(`| ${first} |`));
  expect(rowOf('9')).toContain('`grace`');
  expect(rowOf('10')).toContain('stopped, data kept');
  expect(rowOf('7')).toBeUndefined();
  expect(rowOf('Collection is paused at Stripe')).toContain('`paused`');
});
