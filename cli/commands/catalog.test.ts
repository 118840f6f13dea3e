import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadCatalog } from '#catalogs/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'leasehold-catalog-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

const document = readFileSync('docs/plans.md', 'utf8');

function leasehold(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'cli/main.ts', ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

test.each([
  ['2bot', 'Personal plans'],
  ['helvetia', 'Plans for persons and organisations'],
  ['objecta', 'Personal plans'],
])(
  'docs/plans.md has the prices of %s as the command prints them',
  async (name, heading) => {
    const command = `catalog table catalogs/${name}.yaml`;
    const { stdout } = await leasehold(...command.split(' '));
    const [, printed = ''] = document.split(`\`\`\`sh\nbin/leasehold ${command}\n\`\`\`\n\n`);
    expect(stdout).toContain(`**${heading}**`);
    expect(`${printed.split('\n### ')[0]?.trimEnd()}\n`).toBe(stdout);
  },
  60_000,
);

test('the worked example of docs/plans.md is a catalog in order', () => {
  const [, example = ''] = document.split('```yaml\n');
  const file = join(folder, 'blocks.yaml');
  writeFileSync(file, example.split('```')[0] ?? '');
  expect(loadCatalog(file).plans.map(({ id }) => id)).toEqual(['visitor', 'player']);
});

test('check says what it found in good catalogs, names the faults of the bad one and exits 1', async () => {
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, readFileSync('catalogs/demo.yaml', 'utf8').replace('personal: hobby', 'personal: gold'));
  const { code, stdout, stderr } = await leasehold(
    'catalog',
    'check',
    'catalogs/2bot.yaml',
    broken,
    'catalogs/helvetia.yaml',
  );
  expect(code).toBe(1);
  expect(stdout.split('\n')).toEqual([
    'catalogs/2bot.yaml: 2Bot is in order: 11 plans, 5 add-ons, 5 boosters, 27 prices, in usd.',
    'catalogs/helvetia.yaml: Helvetia Cloud is in order: 4 plans, 3 prices, 4 metered prices, in usd.',
    '',
  ]);
  expect(stderr).toContain(`${broken}:19, freePlans.personal: no plan has the id gold; name one of hobby`);
}, 60_000);
