import { randomUUID } from 'node:crypto';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { Mailbox } from '#stories/mailbox.ts';
import { address, type Chromium, setting } from './pages.fixture.ts';

export const PASSWORD = 'a good long password';
/** The name of what `openOrganisation` opens. */
export const ORGANISATION = 'Analytical Engines';

export interface Person {
  name: string;
  email: string;
  /** Signed in, on their own account. */
  page: Page;
}

/** An address that nobody has had yet. */
export function newEmail(name: string): string {
  return `${name.toLowerCase().replace(/\W+/g, '.')}-${randomUUID().slice(0, 8)}@leasehold.test`;
}

/** Signs somebody up as people do: in the browser, with the link of the mail. */
export async function signUp(chromium: Chromium, name: string, options: BrowserContextOptions = {}): Promise<Person> {
  const email = newEmail(name);
  const page = await chromium.open('/sign-up', options);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(await linkIn(email, 'verify-email'));
  await confirm(page);
  await page.waitForURL('**/accounts/u-*');
  await page.getByRole('region', { name: 'Standing' }).waitFor();
  return { name, email, page };
}

/** On the page that the link of the mail leads to. */
export async function confirm(page: Page): Promise<void> {
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Confirm' }).click();
}

/** The link in the newest mail of a kind to an address; waits for it. */
export async function linkIn(email: string, template: string): Promise<string> {
  let link: string | undefined;
  await expect
    .poll(
      async () => {
        const mail = (await new Mailbox(setting('LEASEHOLD_MAIL_URL'), email).mails(template)).at(-1);
        link = mail?.text.match(/https?:\/\/\S+/g)?.find((url) => url.startsWith(setting('LEASEHOLD_WEB_ORIGIN')));
        return link;
      },
      { timeout: 30_000 },
    )
    .toBeDefined();
  return link ?? '';
}

/** The id of the account whose page is open. */
export function accountIdOf(page: Page): string {
  const id = /\/accounts\/([^/]+)/.exec(new URL(page.url()).pathname)?.[1];
  if (!id) throw new Error(`${page.url()} is no account's page.`);
  return decodeURIComponent(id);
}

/** Opens an organisation as whoever is signed in, whose account's page is open then. */
export async function openOrganisation(page: Page): Promise<void> {
  await page.goto(address('/organisations/new'));
  await page.getByLabel('Name').fill(ORGANISATION);
  await page.getByRole('button', { name: 'Open it' }).click();
  await page.waitForURL('**/accounts/o-*');
  await page.getByRole('region', { name: 'Standing' }).waitFor();
}
