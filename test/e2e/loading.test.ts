import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { address, SETTLE_MS, withChromium } from './pages.fixture.ts';

const chromium = withChromium({ mayFail: /module/, withScripts: false });

test.each(['entry.client', 'libraries', 'sign-up'])(
  'a page whose script %s was cut off is loaded once more by itself, and works',
  async (file) => {
    const page = await chromium.open('/sign-up');
    const cut = await cutOff(page, file, 1);
    await page.goto(address('/sign-up'));
    await page.waitForFunction(() => '__remixRouter' in window, undefined, { timeout: SETTLE_MS });
    expect(cut()).toBe(1);
  },
);

test('scripts that never arrive are not asked for in a circle, and the page works without them', async () => {
  const page = await chromium.open('/sign-up');
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest()) loads += 1;
  });
  await cutOff(page, 'libraries', Number.POSITIVE_INFINITY);
  // Ten seconds later it would try again.
  await page.clock.setFixedTime(new Date());
  await page.goto(address('/sign-up'));
  await expect.poll(() => loads).toBe(2);
  await page.getByLabel('Name').fill('Somebody');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByText('Please choose a password').first().waitFor();
  expect(loads).toBe(3);
});

/** Lets the first `times` requests for a script fail; tells how many did. */
async function cutOff(page: Page, file: string, times: number): Promise<() => number> {
  let cut = 0;
  await page.route(`**/assets/${file}-*.js`, async (route) => {
    if (cut >= times) return route.continue();
    cut += 1;
    return route.abort('internetdisconnected');
  });
  return () => cut;
}
