import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Cookie,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject } from 'vitest';
import { platformEnv } from '#test/lane.ts';

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };
/** Docker needs seconds; a busy machine more. */
export const SETTLE_MS = 120_000;

/** Nothing in Chromium may call home, and root has no sandbox. */
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** More than there is to focus on any of our pages. */
const MOST_TABS = 60;

export interface Chromium {
  /** Opens a page of ours in a browser of its own: nobody is signed in. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** The same as the demo customer, who signs in once for a file: whoever signs in too often is asked to wait. */
  openAsDemo(path: string, options?: BrowserContextOptions): Promise<Page>;
}

interface ChromiumOptions {
  /** What pages may throw. Default: nothing. */
  mayFail?: RegExp;
  /** Whether a page that was gone to has its scripts at work. Default `true`, but for one without JavaScript. */
  withScripts?: boolean;
}

/** A Chromium for the tests of a file; what a test opened is closed after it. No page may break its own policy. */
export function withChromium({ mayFail, withScripts = true }: ChromiumOptions = {}): Chromium {
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let breaches: string[] = [];
  let demo: Promise<Cookie[]> | undefined;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: inject('chromium'), args: CHROMIUM_ARGS });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    const seen = breaches;
    breaches = [];
    expect(seen, 'the pages keep to their content security policy').toEqual([]);
  });
  afterAll(() => browser?.close());

  async function signInDemo(): Promise<Cookie[]> {
    const page = await open('/sign-in');
    await page.getByLabel('E-mail').fill('demo@leasehold.test');
    await page.getByLabel('Password').fill(setting('LEASEHOLD_DEMO_PASSWORD'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('**/accounts/demo');
    return page.context().cookies();
  }

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({
      viewport: DESKTOP,
      locale: 'en-GB',
      timezoneId: 'Europe/Zurich',
      // What turns or pulses while something is under way is drawn sixty times a second.
      reducedMotion: 'reduce',
      ...options,
    });
    contexts.push(context);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) breaches.push(message.text());
    });
    page.on('pageerror', ({ message }) => {
      if (!mayFail?.test(message)) breaches.push(message);
    });
    const scripts = withScripts && options.javaScriptEnabled !== false;
    for (const way of ['goto', 'reload'] as const) makeReliable(page, way, scripts);
    await page.goto(address(path));
    return page;
  }

  return {
    open,
    async openAsDemo(path, options = {}) {
      demo ??= signInDemo();
      return open(path, { ...options, storageState: { cookies: await demo, origins: [] } });
    },
  };
}

/**
 * Each workspace that starts brings a network, and Chromium cuts off what it is connecting to then (net::ERR_NETWORK_CHANGED). With a
 * window it loads such a page once more by itself, without one it leaves that to us.
 */
function makeReliable(page: Page, way: 'goto' | 'reload', scripts: boolean): void {
  const load = page[way].bind(page) as (...wish: unknown[]) => ReturnType<Page['goto']>;
  const reliable = async (...wish: unknown[]) => {
    const answer = await load(...wish).catch((error: Error) => {
      if (!error.message.includes('ERR_NETWORK_CHANGED')) throw error;
      return load(...wish);
    });
    if (scripts) await handedOver(page);
    return answer;
  };
  page[way] = reliable as Page['goto'] & Page['reload'];
}

/**
 * Resolves when React has taken a page over that was loaded anew, as after a return from Stripe: keys and clicks that fall into it can
 * trip React itself (its error 345). The page works all the same.
 */
export async function handedOver(page: Page): Promise<void> {
  await page.waitForFunction(isHydrated, undefined, { timeout: SETTLE_MS });
}

function isHydrated(): boolean {
  return Object.keys(document.querySelector('main') ?? {}).some((key) => key.startsWith('__reactFiber'));
}

/** A setting of the platform that the tests run on. */
export function setting(name: string): string {
  const value = platformEnv()[name];
  if (!value) throw new Error(`The platform for tests gave no ${name}.`);
  return value;
}

export function address(path: string): string {
  return new URL(path, setting('LEASEHOLD_WEB_ORIGIN')).href;
}

/**
 * Fails on anything that axe finds and on a page that scrolls sideways. Our pages have no frames of other origins, for which alone axe
 * would gather its results in a second page.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(
    violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' ')}`),
    page.url(),
  ).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `no sideways scroll on ${page.url()}`).toBeLessThanOrEqual(0);
}

/** The accessible name of what has the focus, for inputs their label. */
export function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return '';
    const label = focused instanceof HTMLInputElement ? focused.labels?.[0]?.textContent : null;
    return focused.getAttribute('aria-label') ?? label ?? focused.textContent ?? '';
  });
}

/** Goes on with Tab until what has this name has the focus, and checks that it can be seen. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    if (name.test(await focusedName(page))) break;
    await page.keyboard.press('Tab');
  }
  expect(await focusedName(page)).toMatch(name);
  const outline = await page.evaluate(() => {
    const focused = document.activeElement;
    return focused ? getComputedStyle(focused).outlineStyle : 'none';
  });
  expect(outline, 'the focus can be seen').not.toBe('none');
}
