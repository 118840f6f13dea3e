import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import {
  DESKTOP,
  expectAccessible,
  focusedName,
  handedOver,
  PHONE,
  SETTLE_MS,
  tabTo,
  withChromium,
} from './pages.fixture.ts';
import { accountIdOf, PASSWORD, type Person, signUp } from './people.fixture.ts';

const chromium = withChromium();

/** Somebody new, on the billing page of their own account. */
async function newcomer(options: BrowserContextOptions = {}): Promise<Person> {
  const person = await signUp(chromium, `Buyer ${randomUUID().slice(0, 6)}`, options);
  await person.page.getByRole('link', { name: 'Billing', exact: true }).click();
  await person.page.getByRole('heading', { name: 'Billing', level: 1 }).waitFor();
  return person;
}

const plan = (page: Page) => page.getByRole('region', { name: 'Your plan' });
const methodsOf = (page: Page) => page.getByRole('region', { name: 'Payment methods' });

/** Fills Stripe's page in, as the simulator shows it. */
async function payWith(page: Page, number = '4242424242424242'): Promise<void> {
  await page.waitForURL('**/checkout/**');
  await page.locator('[name=number]').fill(number);
  await page.locator('button[type=submit]').first().click();
}

/** Buys the paid plan of the demo catalog. */
async function buysTeam(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Team by the month' }).click();
  await page.getByRole('heading', { name: 'Change to Team' }).waitFor();
  await page.getByText('$29.00 is charged on').waitFor();
  await page.getByRole('button', { name: 'Go on to Stripe' }).click();
  await payWith(page);
  await page.waitForURL('**/billing?done=bought');
  await handedOver(page);
  await plan(page).getByText('Team', { exact: true }).waitFor({ timeout: SETTLE_MS });
}

test('a plan is chosen, seen before it is confirmed, paid on Stripe’s page, and then it is theirs', async () => {
  const { page } = await newcomer();
  await plan(page).getByText('It costs nothing.').waitFor();
  await page.getByText('There is none. Stripe asks for one when you first buy something.').waitFor();
  await buysTeam(page);
  await plan(page).getByText('$29.00 a month').waitFor();
  await plan(page).getByText('The next $29.00 is charged on').waitFor();
  const invoices = page.getByRole('region', { name: 'Invoices' });
  await invoices.getByText('Paid', { exact: true }).waitFor({ timeout: SETTLE_MS });
  expect(await invoices.getByRole('link', { name: /^PDF of / }).getAttribute('href')).toMatch(/^http/);
  await methodsOf(page).getByText('Visa ending in 4242').waitFor();

  await page.getByRole('link', { name: 'Team by the year' }).click();
  await page.getByText('To pay now').waitFor();
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Pay \$.+ and change$/ }).click();
  await page.waitForURL('**/billing?done=changed');
  await plan(page).getByText('$290.00 a year').waitFor({ timeout: SETTLE_MS });
});

test('with the keyboard alone a cancel is asked for and taken back', async () => {
  const { page } = await newcomer();
  await buysTeam(page);
  await tabTo(page, /^Cancel the plan/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Cancel at the end of the period$/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/billing?done=cancel');
  await plan(page).getByText('Team ends on').waitFor({ timeout: SETTLE_MS });
  await tabTo(page, /^Keep Team as it is$/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/billing?done=undo');
  await plan(page).getByText('The next $29.00 is charged on').waitFor({ timeout: SETTLE_MS });
});

/** Saves a further card on Stripe's page; it is charged from then on. */
async function addsCard(page: Page, number: string): Promise<void> {
  await methodsOf(page).getByRole('button', { name: 'Add another one' }).click();
  await page.waitForURL('**/portal/**');
  await page.locator('[name=number]').first().fill(number);
  await page.getByRole('button', { name: 'Save the card' }).click();
  await page.waitForURL('**/billing**');
  await handedOver(page);
}

test('a card is added on Stripe’s page, charged from then on, and another one removed; the last one stays, with the reason', async () => {
  const { page } = await newcomer();
  await buysTeam(page);
  const methods = methodsOf(page);
  await addsCard(page, '5555555555554444');
  await methods.getByText('Mastercard ending in 4444').waitFor();
  const visa = methods.getByRole('button', { name: 'Charge this one: Visa ending in 4242' });
  if ((await visa.count()) > 0) {
    await visa.click();
    await page.waitForURL('**/billing?done=method-default');
  }
  await methods.getByRole('button', { name: 'Remove Mastercard ending in 4444' }).click();
  await page.waitForURL('**/billing?done=method-remove');
  await methods.getByRole('button', { name: 'Remove Visa ending in 4242' }).click();
  const alert = methods.getByRole('alert');
  await alert.waitFor();
  const why = (await alert.textContent()) ?? '-';
  await expect.poll(() => focusedName(page)).toContain(why);
  // The page that looks again for a while leaves it there.
  await delay(3_000);
  expect(await focusedName(page)).toContain(why);
});

test('a change that the card does not pay is not in force, with the reason; its invoice is paid here with another card', async () => {
  const { page } = await newcomer();
  await buysTeam(page);
  await addsCard(page, '4000000000000341');
  await page.getByRole('link', { name: 'Team by the year' }).click();
  await page.getByText('To pay now').waitFor();
  await page.getByRole('button', { name: /^Pay \$.+ and change$/ }).click();
  const refused = page.getByRole('alert');
  await refused.waitFor();
  expect(await refused.textContent()).toMatch(/declined/);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Billing', exact: true }).click();
  await plan(page).getByText('$29.00 a month').waitFor();
  await plan(page).getByText('$261.00 is to be paid').waitFor({ timeout: SETTLE_MS });
  const invoices = page.getByRole('region', { name: 'Invoices' });
  await invoices.getByText('To be paid', { exact: true }).waitFor({ timeout: SETTLE_MS });
  await expectAccessible(page);

  await invoices.getByRole('button', { name: /^Pay now: / }).click();
  await invoices
    .getByRole('alert')
    .getByText(/declined/)
    .waitFor();
  // Each try is one of its own: Stripe does not repeat what it said.
  const tries = () => page.locator('input[name=formKey]').first().inputValue();
  const firstTry = await tries();
  await invoices.getByRole('button', { name: /^Pay now: / }).click();
  await expect.poll(tries).not.toBe(firstTry);
  await methodsOf(page).getByRole('button', { name: 'Charge this one: Visa ending in 4242' }).click();
  await page.waitForURL('**/billing?done=method-default');
  await invoices.getByRole('button', { name: /^Pay now: / }).click();
  await page.waitForURL('**/billing?done=paid');
  await plan(page).getByText('$290.00 a year').waitFor({ timeout: SETTLE_MS });
  await expect.poll(() => invoices.getByText('To be paid', { exact: true }).count(), { timeout: SETTLE_MS }).toBe(0);
});

test('axe finds nothing and nothing is cut off: light, dark, and on a phone', async () => {
  const { page, email } = await newcomer();
  await buysTeam(page);
  const path = `/accounts/${accountIdOf(page)}/billing`;
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [DESKTOP, PHONE]) {
      const other = await chromium.open('/sign-in', { colorScheme, viewport });
      await other.getByLabel('E-mail').fill(email);
      await other.getByLabel('Password').fill(PASSWORD);
      await other.getByRole('button', { name: 'Sign in' }).click();
      await other.waitForURL('**/accounts/**');
      await other.goto(new URL(path, other.url()).href);
      await other.getByText('Visa ending in 4242').waitFor();
      await expectAccessible(other);
      await other.goto(new URL(`${path}/plan?planId=team&interval=year`, other.url()).href);
      await other.getByText('To pay now').waitFor();
      await expectAccessible(other);
    }
  }
});
