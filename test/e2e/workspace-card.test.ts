import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostSighting } from '#domain/host-report.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { platformEnv } from '#test/lane.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { hostReports, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { DESKTOP, expectAccessible, PHONE, SETTLE_MS, setting, tabTo, withChromium } from './pages.fixture.ts';

const { openAsDemo } = withChromium();
const ACCOUNT = 'demo';
let prisma: PrismaClient;
let temporal: Client;
let workspaceId: string;

beforeAll(async () => {
  prisma = createPrisma(setting('DATABASE_URL'), { maxConnections: 1 });
  temporal = await connectTemporal(platformEnv());
  const [first] = await prisma.workspace.findMany({ where: { accountId: ACCOUNT }, orderBy: { id: 'asc' } });
  workspaceId = first?.id ?? '';
});

afterAll(async () => {
  await temporal?.connection.close();
  await prisma?.$disconnect();
});

test('with the keyboard alone a new size is looked at before it is asked for', async () => {
  const page = await signedIn();
  await running(page);
  await unfold(page, /^Change size…/);
  await page.getByLabel('Memory in MB').fill('99999');
  await press(page, /^Show what a new size/);
  await page.getByRole('status').filter({ hasText: 'of memory' }).waitFor({ timeout: SETTLE_MS });
  expect(await page.getByRole('button', { name: /^Change the size/ }).count()).toBe(0);

  await page.getByLabel('Memory in MB').fill('384');
  await press(page, /^Show what a new size/);
  await page.getByRole('status').filter({ hasText: 'It keeps running.' }).waitFor({ timeout: SETTLE_MS });
  await expectAccessible(page);
  await press(page, /^Change the size/);
  await card(page).getByText('384 MB memory').waitFor({ timeout: SETTLE_MS });
  await running(page);
});

test('it is renamed where it is shown', async () => {
  const page = await signedIn();
  const name = `shop-${randomUUID().slice(0, 4)}`;
  await unfold(page, /^Rename…/);
  await page.getByLabel('New name').fill(name);
  await press(page, /^Rename /);
  await page.getByRole('region', { name: `Workspace ${name}` }).waitFor({ timeout: SETTLE_MS });
});

test('a crash loop shows why and the last lines, in light and dark and on a phone, and one button tries again', async () => {
  await prisma.workspaceIncident.create({
    data: {
      ...{ id: randomUUID(), workspaceId, at: new Date(), kind: 'crash-looping', exitCode: 1, outOfMemory: false },
      lastLines: ['Error: connect ECONNREFUSED 10.0.0.7:5432', '    at TCPConnectWrap.afterConnect (node:net:1611:16)'],
    },
  });
  await report({ kind: 'crash-looping', crashes: 5, exitCode: 1, outOfMemory: false });
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [DESKTOP, PHONE]) {
      const page = await signedIn({ colorScheme, viewport });
      await status(page, 'Crashes').waitFor({ timeout: SETTLE_MS });
      await card(page).getByText('It crashed 5 times').waitFor();
      await card(page).getByText('ECONNREFUSED').waitFor();
      await expectAccessible(page);
    }
  }
  const page = await signedIn();
  await tabTo(page, /^Try it again/);
  await page.keyboard.press('Enter');
  await running(page);
});

test('deleted it stops, says until when its data is kept, and is taken back', async () => {
  const page = await signedIn();
  await running(page);
  await unfold(page, /^Delete…/);
  await page.getByRole('checkbox', { name: /^Delete / }).check();
  await press(page, /^Delete (?!…)/);
  await status(page, 'Deleted, data kept').waitFor({ timeout: SETTLE_MS });
  await card(page).getByText('until then you can take it back').waitFor();
  await expectAccessible(page);
  await press(page, /^Take it back/);
  await running(page);
});

async function report(saw: HostSighting): Promise<void> {
  const { desiredGeneration: generation } = await prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
  const handle = temporal.workflow.getHandle(subscriptionWorkflowId(ACCOUNT));
  await handle.signal(hostReports, [{ reportId: randomUUID(), workspaceId, generation, saw }]);
}

async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openAsDemo('/accounts/demo', options);
  await page.getByRole('region', { name: 'Standing' }).waitFor();
  return page;
}

function card(page: Page) {
  return page.getByRole('region', { name: /^Workspace / }).first();
}

function status(page: Page, word: string) {
  return card(page).getByRole('status').filter({ hasText: word }).first();
}

/** Started where it is down; runs as the test before it left it. */
async function running(page: Page): Promise<void> {
  const start = card(page).getByRole('button', { name: /^Start / });
  if ((await start.count()) > 0 && (await start.getAttribute('aria-disabled')) === null) await start.click();
  await status(page, 'Running').waitFor({ timeout: SETTLE_MS });
}

async function unfold(page: Page, name: RegExp): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}

async function press(page: Page, name: RegExp): Promise<void> {
  await card(page).getByRole('button', { name }).focus();
  await page.keyboard.press('Enter');
}
