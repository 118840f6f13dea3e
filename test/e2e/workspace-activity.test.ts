import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { address, DESKTOP, expectAccessible, PHONE, SETTLE_MS, setting, tabTo, withChromium } from './pages.fixture.ts';

const { openAsDemo } = withChromium();

test('a workspace that runs shows its figures live, and its message as an execution and in the log', async () => {
  const page = await activity();
  const now = page.getByRole('region', { name: 'Right now' });
  await now.getByRole('meter', { name: 'CPU' }).waitFor({ timeout: SETTLE_MS });
  await now.getByText('2 minutes ago').first().waitFor({ timeout: SETTLE_MS });
  await page.getByRole('button', { name: 'Follow' }).click();
  const log = page.getByRole('region', { name: 'Lines of the log' });
  await log.waitFor();
  const sent = await page.request.post(
    `${setting('LEASEHOLD_API_URL')}/api/v1/workspaces/${workspaceOf(page)}/messages`,
    {
      headers: { origin: setting('LEASEHOLD_WEB_ORIGIN'), 'content-type': 'application/json' },
      data: { plugin: 'echo', payload: 1 },
    },
  );
  const { executionId } = (await sent.json()) as { executionId: string };
  await expect.poll(() => log.textContent(), { timeout: SETTLE_MS }).toContain(executionId);
  await page.reload();
  const executions = page.getByRole('region', { name: 'Executions of plugins' });
  await executions.getByText('in this billing period').waitFor();
  await executions.getByText('echo').first().waitFor();
});

test('the history says in words and in a table what its curves show, and its range is chosen by keyboard', async () => {
  const page = await activity();
  const history = page.getByRole('region', { name: 'History' });
  await expect
    .poll(
      async () => {
        await page.reload();
        return history.textContent();
      },
      { timeout: SETTLE_MS, interval: 5_000 },
    )
    .toMatch(/Memory: .+ on average, .+ at most/);
  await history.getByText('Show as a table').click();
  await history.getByRole('columnheader', { name: 'Memory' }).waitFor();
  expect(await history.getByRole('rowheader').count()).toBeGreaterThan(0);
  await tabTo(page, /^24 hours$/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/activity?range=24h');
  // The address is there a moment before the page.
  await expect.poll(() => history.getByRole('link', { name: '24 hours' }).getAttribute('aria-current')).toBe('true');
});

test('axe finds nothing and nothing is cut off: light, dark, and on a phone', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [DESKTOP, PHONE]) {
      const page = await activity({ colorScheme, viewport });
      await page
        .getByRole('region', { name: 'Right now' })
        .getByText('2 minutes ago')
        .first()
        .waitFor({ timeout: SETTLE_MS });
      await expectAccessible(page);
    }
  }
});

test('without JavaScript it shows how things were, and the ranges are links', async () => {
  const page = await activity({ javaScriptEnabled: false });
  await page.getByRole('region', { name: 'Right now' }).getByRole('meter', { name: 'Memory' }).waitFor();
  await page.getByRole('link', { name: '7 days' }).click();
  await page.waitForURL('**/activity?range=7d');
  await page.getByRole('region', { name: 'Log', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Follow' }).count()).toBe(0);
});

/** The activity page of the demo's workspace. */
async function activity(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await openAsDemo('/accounts/demo', options);
  const link = page.getByRole('link', { name: /^Usage over time/ }).first();
  await page.goto(address((await link.getAttribute('href')) ?? ''));
  await page.getByRole('region', { name: 'Right now' }).waitFor();
  return page;
}

function workspaceOf(page: Page): string {
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-2) ?? '');
}
