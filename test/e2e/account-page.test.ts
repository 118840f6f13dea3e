import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import {
  address,
  DESKTOP,
  expectAccessible,
  focusedName,
  PHONE,
  SETTLE_MS,
  setting,
  tabTo,
  withChromium,
} from './pages.fixture.ts';

const DEMO_EMAIL = 'demo@leasehold.test';
const { open } = withChromium();

test('nobody sees an account without signing in', async () => {
  const page = await open('/account');
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

test('a wrong password is refused in words, and the password is where the focus is', async () => {
  const page = await open('/sign-in');
  await page.getByLabel('E-mail').fill(DEMO_EMAIL);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('password').waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');
  await expect.poll(() => focusedName(page)).toBe('Password');
});

test('the page says how the account stands, what happened, where we are and what comes next', async () => {
  const page = await signedIn();
  const standing = page.getByRole('region', { name: 'Standing' });
  expect(await standing.textContent()).toMatch(/[A-Z].+\./);
  const timeline = page.getByRole('region', { name: 'What happens next, and when' });
  expect(await timeline.getByRole('list', { name: 'What happened' }).getByRole('listitem').count()).toBeGreaterThan(0);
  await timeline.getByText('Now', { exact: true }).waitFor();
  const instants = await timeline
    .locator('time')
    .evaluateAll((all) => all.map((each) => each.getAttribute('datetime')));
  expect(instants, 'time runs from top to bottom').toEqual([...instants].sort());
});

test('with the keyboard alone the workspace is stopped and started, and its badge follows Docker', async () => {
  const page = await signedIn();
  if (await hasStatus(page, 'Stopped')) await pressByKeyboard(page, /^Start /);
  await status(page, 'Running').waitFor({ timeout: SETTLE_MS });

  await pressByKeyboard(page, /^Stop /);
  await status(page, 'Stopped').waitFor({ timeout: SETTLE_MS });
  await page.getByRole('meter').first().waitFor({ state: 'detached' });
  expect(await focusedName(page), 'the button keeps the focus').toMatch(/^Stop/);

  await pressByKeyboard(page, /^Start /);
  await status(page, 'Running').waitFor({ timeout: SETTLE_MS });
  await page.getByRole('meter', { name: 'Memory' }).waitFor({ timeout: SETTLE_MS });
});

test('axe finds nothing and nothing is cut off: light, dark, and on a phone', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [DESKTOP, PHONE]) {
      const signIn = await open('/sign-in', { colorScheme, viewport });
      await expectAccessible(signIn);
      const account = await signedIn({ colorScheme, viewport });
      await expectAccessible(account);
    }
  }
});

test('without JavaScript one can still sign in and read everything', async () => {
  const page = await signedIn({ javaScriptEnabled: false });
  await page.getByRole('region', { name: 'Standing' }).waitFor();
  await page.getByRole('region', { name: 'What happens next, and when' }).waitFor();
  expect(
    await page
      .getByRole('region', { name: /^Workspace / })
      .getByRole('button')
      .count(),
  ).toBe(3);
});

test('after signing out the account is closed', async () => {
  const page = await signedIn();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.goto(address('/account'));
  expect(new URL(page.url()).pathname).toBe('/sign-in');
});

/** Signs in as people do who use no mouse. */
async function signedIn(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await open('/sign-in', options);
  await page.getByLabel('E-mail').focus();
  await page.keyboard.type(DEMO_EMAIL);
  await page.keyboard.press('Tab');
  await page.keyboard.type(setting('LEASEHOLD_DEMO_PASSWORD'));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/accounts/demo');
  await page.getByRole('region', { name: 'Standing' }).waitFor();
  return page;
}

function status(page: Page, word: string) {
  return page
    .getByRole('region', { name: /^Workspace / })
    .first()
    .getByRole('status')
    .filter({ hasText: word });
}

async function hasStatus(page: Page, word: string): Promise<boolean> {
  return (await status(page, word).count()) > 0;
}

/** Tabs to a button that can be pressed, and presses it. */
async function pressByKeyboard(page: Page, name: RegExp): Promise<void> {
  await page.getByRole('button', { name, disabled: false }).first().waitFor({ timeout: SETTLE_MS });
  await tabTo(page, name);
  await page.keyboard.press('Enter');
}
