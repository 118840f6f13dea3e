import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lane, platformEnv } from '#test/lane.ts';
import { type Buyer, figuresOf, openShop, type Shop } from './shop.fixture.ts';

let shop: Shop;
const folder = mkdtempSync(join(tmpdir(), 'leasehold-support-commands-'));

beforeAll(async () => {
  shop = await openShop(platformEnv());
});

afterAll(async () => {
  await shop?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `bin/leasehold` beside the platform that the tests share. */
function leasehold(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, LEASEHOLD_STATE: lane().stateDir };
    execFile('bin/leasehold', args, { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

function eventuallyHasMemory(buyer: Buyer, memoryMb: number) {
  return shop.eventually(buyer, (account) => expect(figuresOf(account).pool?.memoryMb).toBe(memoryMb));
}

test.concurrent('entitlements shows what an account may use, each number with its reason', async () => {
  const buyer = await shop.openAccount();
  await shop.buy(buyer, 'demo_team_month');
  await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('team'));
  const { code, stdout } = await leasehold('entitlements', buyer.accountId);
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'Team (team), active',
    'Pool:',
    '  memoryMb         512 MB = team 512 MB',
    '  cpuPercent       1 CPU = team 1 CPU',
    '  storageMb        5 GB = team 5 GB',
    '  workspaces       1 = team 1',
    'Limits:',
    'Features:',
    '',
  ]);
  const json = await leasehold('entitlements', buyer.accountId, '--json');
  expect(JSON.parse(json.stdout)).toEqual((await shop.read(buyer)).entitlements);
});

test.concurrent('grant gives beside what was bought, and takes it back: by the API, and by docker inspect', async () => {
  const buyer = await shop.openAccount({ workspaces: 1 });
  await shop.eventuallyRuns(buyer, 256, 0.5);
  const given = await leasehold(
    ...['grant', buyer.accountId, '--reason', 'For the outage.'],
    ...['--memory-mb', '128', '--cpu-percent', '25', '--limit', 'seats=7', '--feature', 'sso=on'],
  );
  expect(given).toMatchObject({ code: 0, stderr: '' });
  const [, id = ''] = /--withdraw (grant-\w+)$/.exec(given.stdout.trim()) ?? [];
  const account = await eventuallyHasMemory(buyer, 384);
  expect(figuresOf(account)).toMatchObject({ limits: { seats: 7 }, features: { sso: true } });
  await shop.eventuallyRuns(buyer, 384, 0.75);
  const { stdout } = await leasehold('entitlements', buyer.accountId);
  expect(stdout).toContain('384 MB = hobby 256 MB + support 128 MB (For the outage.)');

  const back = await leasehold('grant', buyer.accountId, '--reason', 'It is over.', '--withdraw', id);
  expect(back).toMatchObject({ code: 0, stdout: `Account ${buyer.accountId}: grant ${id} is withdrawn.\n` });
  const again = await leasehold('grant', buyer.accountId, '--reason', 'It is over.', '--withdraw', id);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain(`There is no grant ${id}. What there is: none.`);
  await eventuallyHasMemory(buyer, 256);
  await shop.eventuallyRuns(buyer, 256, 0.5);
});

test.concurrent('a grant with an end that is no instant is refused', async () => {
  const { accountId } = await shop.openAccount();
  const { code, stderr } = await leasehold(
    ...['grant', accountId, '--reason', 'For the outage.', '--workspaces', '1', '--until', 'tomorrow'],
  );
  expect(code).toBe(1);
  expect(stderr).toContain('must be null or an instant');
});

test.concurrent.each([
  ['an account that is not there', ['entitlements', 'nobody'], 'There is no account nobody.'],
  [
    'a grant to an account that is not there',
    ['grant', 'nobody', '--reason', 'x', '--workspaces', '1'],
    'There is no account nobody.',
  ],
  ['a grant of nothing', ['grant', 'nobody', '--reason', 'x'], 'Say what to give: --memory-mb,'],
  [
    'a grant that is over',
    ['grant', 'nobody', '--reason', 'x', '--limit', 'seats=1', '--until', '2026-01-01'],
    'is over',
  ],
  ['a grant without a reason', ['grant', 'nobody', '--memory-mb', '1'], "required option '--reason <text>'"],
  ['a size that is no number', ['grant', 'nobody', '--reason', 'x', '--memory-mb', '1 GB'], 'Give a whole number.'],
  ['a limit without a number', ['grant', 'nobody', '--reason', 'x', '--limit', 'seats'], 'Give name=value.'],
])('%s is refused with exit status 1', async (_what, args, sentence) => {
  const { code, stdout, stderr } = await leasehold(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(sentence);
});

test('catalog sync refuses a catalog that lacks a plan which customers have, says how many they are, and changes nothing', async () => {
  const buyer = await shop.openAccount();
  await shop.buy(buyer, 'demo_team_month');
  await shop.eventually(buyer, ({ plan }) => expect(plan.id).toBe('team'));
  const stranding = join(folder, 'stranding.yaml');
  const renamed = readFileSync('catalogs/demo.yaml', 'utf8').replace('- id: team', '- id: crew');
  writeFileSync(stranding, renamed);
  const onTeam = await shop.prisma.account.count({ where: { planId: 'team' } });
  const pricesBefore = await shop.stripe.prices.list({ limit: 100 });

  const { code, stderr } = await leasehold('catalog', 'sync', stranding);
  expect(code).toBe(1);
  expect(stderr).toContain('Catalog demo would strand customers:');
  expect(stderr).toContain(
    `  - ${onTeam} ${onTeam === 1 ? 'account has' : 'accounts have'} the plan team, which the catalog lacks`,
  );
  expect(stderr).toContain('Keep such a plan with `retired: true`');
  expect((await shop.stripe.prices.list({ limit: 100 })).data).toEqual(pricesBefore.data);

  const { code: ofDiff } = await leasehold('catalog', 'diff', stranding);
  expect(ofDiff).toBe(1);
});
