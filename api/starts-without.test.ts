import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { freePort } from '#platform/ports.ts';
import { gone, silent, startProcess } from '#test/process-of-ours.ts';

const SECRET = 'whsec_of_the_tests';

test.each([
  ['gone', gone],
  ['hanging', silent],
])(
  'an API that starts with PostgreSQL and Temporal %s lives, answers 503 to an event of Stripe, and ends when it is asked to',
  async (_how, lost) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const api = await startProcess('api', {
      DATABASE_URL: `postgresql://leasehold:x@127.0.0.1:${await lost()}/leasehold`,
      TEMPORAL_ADDRESS: `127.0.0.1:${await lost()}`,
      TEMPORAL_NAMESPACE: 'leasehold',
      STRIPE_SECRET_KEY: 'sk_test_starts_without',
      STRIPE_API_BASE: `http://127.0.0.1:${await lost()}`,
      STRIPE_WEBHOOK_SECRET: SECRET,
      BETTER_AUTH_SECRET: 'a secret of the tests that is long enough',
      LEASEHOLD_INTERNAL_TOKEN: 'a token of the tests',
      LEASEHOLD_DEMO_PASSWORD: 'a password of the tests',
      LEASEHOLD_API_PORT: String(port),
      SMTP_URL: `smtp://127.0.0.1:${await lost()}`,
    });
    const healthy = () =>
      fetch(`${url}/health`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(healthy, { timeout: 30_000, interval: 200 }).toBe(200);

    const payload = JSON.stringify({
      id: 'evt_starts_without',
      object: 'event',
      type: 'customer.updated',
      api_version: Stripe.API_VERSION,
      livemode: false,
      created: 1_796_000_000,
      data: { object: { id: 'cus_1', object: 'customer' } },
    });
    const refused = await fetch(`${url}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET }),
      },
      body: payload,
    });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'database-unavailable' });
    const { parts } = (await (await fetch(`${url}/ready`)).json()) as { parts: { name: string; ok: boolean }[] };
    expect(parts.filter(({ ok }) => ok)).toEqual([]);
    expect(await healthy()).toBe(200);
    expect(await api.stop()).not.toBeNull();
  },
  60_000,
);
