import { base32 } from '@better-auth/utils/base32';
import { createOTP } from '@better-auth/utils/otp';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { address, focusedName, SETTLE_MS, setting, tabTo, withChromium } from './pages.fixture.ts';
import {
  accountIdOf,
  confirm,
  linkIn,
  newEmail,
  ORGANISATION,
  openOrganisation,
  PASSWORD,
  signUp,
} from './people.fixture.ts';

const chromium = withChromium();

test('with the keyboard alone: signed up, address confirmed, workspace running, without touching a terminal', async () => {
  const email = newEmail('Ada Lovelace');
  const page = await chromium.open('/sign-up');
  await tabTo(page, /^Name$/);
  await page.keyboard.type('Ada Lovelace');
  await page.keyboard.press('Tab');
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type('short');
  await page.keyboard.press('Enter');
  await page.getByText('Please choose a password').first().waitFor();
  await expect.poll(() => page.getByLabel('Password').getAttribute('aria-invalid')).toBe('true');
  const described = (await page.getByLabel('Password').getAttribute('aria-describedby'))?.split(' ') ?? [];
  const said = await Promise.all(described.map((id) => page.locator(`[id="${id}"]`).textContent()));
  expect(said.join(' '), 'the field says what is wrong with it').toContain('Please choose a password');
  await expect.poll(() => focusedName(page)).toContain('marked below');

  await tabTo(page, /^Password$/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.getByText(email).waitFor();

  const link = await linkIn(email, 'verify-email');
  await page.goto(link);
  await tabTo(page, /^Password$/);
  await page.keyboard.type('not the password');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'when you signed up' }).waitFor();
  await tabTo(page, /^Password$/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/accounts/u-*');
  const workspace = page.getByRole('region', { name: /^Workspace / });
  await workspace.getByRole('status').filter({ hasText: 'Running' }).waitFor({ timeout: SETTLE_MS });

  const again = await chromium.open('/sign-in');
  await again.goto(link);
  await confirm(again);
  await again.getByRole('heading', { name: 'That link did not work' }).waitFor();
});

test('a workspace too many is answered with what the plan allows; one that is not needed goes after it was confirmed', async () => {
  const { page } = await signUp(chromium, 'Linus');
  const workspaces = page.getByRole('region', { name: /^Workspace / });
  await workspaces.first().waitFor({ timeout: SETTLE_MS });
  const name = page.getByRole('region', { name: 'New workspace' }).getByLabel('Name');
  await name.fill('one too many');
  await page.getByRole('button', { name: 'Create it' }).click();
  await page
    .getByRole('alert')
    .filter({ hasText: /allows 1 workspace|limit reached/ })
    .waitFor();
  expect(await name.inputValue(), 'what was filled in is kept').toBe('one too many');

  await page.getByText('Delete…').click();
  await page.getByRole('checkbox', { name: /^Delete main/ }).check();
  await page.getByRole('button', { name: 'Delete main' }).click();
  await workspaces.getByRole('status').filter({ hasText: 'Deleted, data kept' }).waitFor({ timeout: SETTLE_MS });
  await page.getByText('Delete its data now…').click();
  await page.getByRole('checkbox', { name: /^Delete all data of main now/ }).check();
  await page.getByRole('button', { name: 'Delete main' }).click();
  const living = async () => [
    ...(await workspaces.getByRole('status').allTextContents()).filter((text) => !/: Deleted$/.test(text)),
    ...(await workspaces.getByRole('alert').allTextContents()),
  ];
  await expect.poll(living, { timeout: SETTLE_MS }).toEqual([]);
});

test('an organisation: opened, a second person invited and made admin, and what each of them sees', async () => {
  const ada = await signUp(chromium, 'Ada');
  await openOrganisation(ada.page);
  await ada.page.getByRole('link', { name: 'Members' }).click();
  const grace = await invite(ada.page, 'Grace');

  await grace.page.getByRole('region', { name: 'Standing' }).waitFor();
  const menu = () => grace.page.getByRole('navigation', { name: 'Account' }).getByRole('link').allTextContents();
  expect(await menu()).toEqual(['Overview', 'Members']);
  const audit = await grace.page.goto(`${grace.page.url()}/audit`);
  expect(audit?.status(), 'what the menu does not show is not open either').toBe(403);

  await ada.page.reload();
  await ada.page.getByLabel('Role of Grace', { exact: true }).selectOption('admin');
  await ada.page.getByRole('button', { name: 'Change the role of Grace' }).click();
  await ada.page.getByRole('status').filter({ hasText: 'an admin' }).waitFor();

  await grace.page.goto(address('/'));
  await grace.page.waitForURL('**/accounts/o-*');
  expect(await menu()).toEqual(['Overview', 'Billing', 'Members', 'API keys', 'Audit log']);
  await grace.page.getByRole('link', { name: 'Audit log' }).click();
  await grace.page.getByRole('listitem').filter({ hasText: 'Ada made Grace an admin, who was a member' }).waitFor();

  await grace.page.locator('summary').first().click();
  const accounts = grace.page.getByRole('navigation', { name: 'Accounts' }).getByRole('link');
  expect(await accounts.allTextContents()).toEqual([
    expect.stringMatching(/^Grace.*Personal$/),
    expect.stringMatching(new RegExp(`^${ORGANISATION}.*Admin$`)),
    'New organisation',
  ]);

  await ada.page.getByText('Leave…').click();
  await ada.page.getByLabel(`Leave ${ORGANISATION}`).check();
  await ada.page.getByRole('button', { name: 'Leave', exact: true }).click();
  await ada.page.getByRole('alert').filter({ hasText: 'needs an owner' }).waitFor();
});

test('an account of others is simply not there', async () => {
  const ada = await signUp(chromium, 'Ada');
  const bob = await signUp(chromium, 'Bob');
  const answer = await bob.page.goto(ada.page.url());
  expect(answer?.status()).toBe(404);
  const missing = await bob.page.goto(address('/accounts/u-nobody'));
  expect(missing?.status()).toBe(404);
});

test('a key is shown once, does what it was made for and nothing else, and is refused once it is revoked', async () => {
  const { page } = await signUp(chromium, 'Kay');
  const accountId = accountIdOf(page);
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  await page.getByLabel('Name').fill('nightly');
  await page.getByRole('button', { name: 'Make the key' }).click();
  const key = await page.getByLabel('Key', { exact: true }).inputValue();
  const ask = async (method: string, path: string) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const url = new URL(`/api/v1/accounts/${accountId}${path}`, setting('LEASEHOLD_API_URL'));
    const answer = await fetch(url, { method, headers, ...(method === 'GET' ? {} : { body: '{"name":"x"}' }) });
    const { code } = (await answer.json()) as { code?: string };
    return [answer.status, code];
  };
  expect(await ask('GET', '')).toEqual([200, undefined]);
  expect(await ask('POST', '/workspaces')).toEqual([403, 'scope-missing']);

  await page.reload();
  expect(await page.getByLabel('Key', { exact: true }).count(), 'shown once').toBe(0);
  expect(await page.content()).not.toContain(key);
  await page.getByText('Revoke…').click();
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('status').filter({ hasText: 'was revoked' }).waitFor();
  expect(await ask('GET', '')).toEqual([401, 'key-revoked']);
});

test('closing says what happens and wants the name; the data is kept, and the account can be taken back', async () => {
  const { page, name } = await signUp(chromium, 'Clo');
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('Everything is cancelled at Stripe.').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.json$/);

  await page.getByLabel(/^To confirm/).fill('something else');
  await page.getByRole('button', { name: 'Close the account' }).click();
  await page.getByText(`Please write the name exactly: ${name}.`).waitFor();
  await page.getByLabel(/^To confirm/).fill(name);
  await page.getByRole('button', { name: 'Close the account' }).click();
  await page.getByRole('button', { name: 'Keep the account' }).waitFor();

  await page.getByRole('link', { name: 'Overview' }).click();
  await page
    .getByText(/Its data is kept until/)
    .first()
    .waitFor({ timeout: SETTLE_MS });
  await page.getByRole('link', { name: 'Take the account back' }).click();
  await page.getByRole('button', { name: 'Keep the account' }).click();
  await page.getByRole('heading', { name: 'Close the account' }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page
    .getByRole('region', { name: /^Workspace / })
    .getByRole('status')
    .filter({ hasText: 'Running' })
    .waitFor({ timeout: SETTLE_MS });
});

test('a second step: set up with a code, asked for at sign-in, and a backup code works in its place', async () => {
  const { page, email } = await signUp(chromium, 'Two');
  await page.goto(address('/me'));
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByRole('img', { name: /^QR code/ }).waitFor();
  const [backupCode = ''] = await page
    .getByRole('list', { name: 'Backup codes' })
    .getByRole('listitem')
    .allTextContents();
  const typed = (await page.getByLabel('Or type this key into it').inputValue()).replaceAll(' ', '');
  const totp = createOTP(new TextDecoder().decode(base32.decode(typed)));

  await page.getByLabel('Code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Switch it on' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('img', { name: /^QR code/ }).waitFor();
  await page.getByLabel('Code', { exact: true }).fill(await totp.totp());
  await page.getByRole('button', { name: 'Switch it on' }).click();
  await page.getByRole('status').filter({ hasText: 'The second step is on' }).waitFor();

  for (const code of [await totp.totp(), backupCode]) {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await signIn(page, email, PASSWORD);
    await page.waitForURL('**/sign-in/second-factor');
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/accounts/u-*');
  }
});

test('a forgotten password: the mail’s link sets a new one, and the old one does not work any more', async () => {
  const { page, email } = await signUp(chromium, 'Forgetful');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.getByRole('link', { name: 'Forgot the password?' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(await linkIn(email, 'password-reset'));
  await page.getByLabel('New password').fill('another long password');
  await page.getByRole('button', { name: 'Set it' }).click();
  await page.getByRole('status').filter({ hasText: 'new password is set' }).waitFor();
  await signIn(page, email, PASSWORD);
  await page.getByRole('alert').waitFor();
  await signIn(page, email, 'another long password');
  await page.waitForURL('**/accounts/u-*');
});

test('without JavaScript one signs up, opens an organisation, makes a key and finds it to be copied', async () => {
  const { page } = await signUp(chromium, 'Plain', { javaScriptEnabled: false });
  await openOrganisation(page);
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('heading', { name: 'API keys' }).waitFor();
  await page.getByLabel('Name').fill('by hand');
  await page.getByRole('button', { name: 'Make the key' }).click();
  expect(await page.getByLabel('Key', { exact: true }).inputValue()).toMatch(/^lh_/);
  expect(await page.getByRole('button', { name: 'Copy' }).count(), 'no button that would do nothing').toBe(0);
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByLabel(/^To confirm/).fill(ORGANISATION);
  await page.getByRole('button', { name: 'Close the account' }).click();
  await page.getByRole('button', { name: 'Keep the account' }).waitFor();
});

/** Invites somebody from the page of members, who signs up with the address and accepts. */
async function invite(page: Page, name: string) {
  const guest = await signUp(chromium, name);
  await page.getByLabel('E-mail').fill(guest.email);
  await page.getByRole('button', { name: 'Send the invitation' }).click();
  await page.getByRole('status').filter({ hasText: 'on its way' }).waitFor();
  await guest.page.goto(await linkIn(guest.email, 'invitation'));
  await guest.page.getByRole('heading', { name: `Join ${ORGANISATION}?` }).waitFor();
  await guest.page.getByRole('button', { name: 'Accept' }).click();
  await guest.page.waitForURL('**/accounts/o-*');
  return guest;
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
