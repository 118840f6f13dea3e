import { test } from 'vitest';
import { address, DESKTOP, expectAccessible, PHONE, withChromium } from './pages.fixture.ts';
import { accountIdOf, openOrganisation, signUp } from './people.fixture.ts';

const chromium = withChromium();

test('axe finds nothing and nothing is cut off on any page: light and dark, at a desk and on a phone', async () => {
  const { page } = await signUp(chromium, 'Axel with a name that is rather long');
  await openOrganisation(page);
  const account = `/accounts/${accountIdOf(page)}`;
  const inside = ['', '/members', '/keys', '/audit', '/settings'].map((path) => `${account}${path}`);
  const { cookies } = await page.context().storageState();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const viewport of [DESKTOP, PHONE]) {
      const outside = await chromium.open('/sign-up', { colorScheme, viewport });
      for (const path of ['/sign-up', '/forgot-password', '/reset-password?token=x', '/sign-in/second-factor']) {
        await outside.goto(address(path));
        await expectAccessible(outside);
      }
      const signedIn = await chromium.open('/sign-in', {
        colorScheme,
        viewport,
        storageState: { cookies, origins: [] },
      });
      for (const path of [...inside, '/organisations/new', '/invitations/none', '/me']) {
        await signedIn.goto(address(path));
        await signedIn.locator('h1').first().waitFor({ state: 'attached' });
        const folded = signedIn.locator('main details:not([open]) > summary');
        for (let left = await folded.count(); left > 0; left -= 1) await folded.first().click();
        await expectAccessible(signedIn);
      }
      await signedIn.locator('header summary').click();
      await expectAccessible(signedIn);
    }
  }
});
