import { expect, test } from 'vitest';
import { readApiSettings } from './settings.ts';

const env = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1:4314/leasehold',
  STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
  BETTER_AUTH_SECRET: 'a'.repeat(32),
  LEASEHOLD_INTERNAL_TOKEN: 'b'.repeat(32),
  SMTP_URL: 'smtp://127.0.0.1:4318',
};

test('what is not set has its documented default, and secrets may be two during a rotation', () => {
  expect(readApiSettings({ ...env, LEASEHOLD_DEMO_PASSWORD: '' })).toMatchObject({
    port: 4311,
    webOrigin: 'http://127.0.0.1:4310',
    webhookSecrets: ['whsec_new', 'whsec_old'],
    demoPassword: undefined,
    catalogFile: 'catalogs/demo.yaml',
    mailFrom: 'Leasehold <billing@leasehold.test>',
    providers: { github: undefined, oidc: undefined },
  });
});

test('every fault is named at once, and no value is repeated', () => {
  const wrong = { ...env, BETTER_AUTH_SECRET: 'short-secret', DATABASE_URL: 'mysql://u:hidden@x/y' };
  expect(() => readApiSettings(wrong)).toThrow(/DATABASE_URL[\s\S]*BETTER_AUTH_SECRET/);
  expect(() => readApiSettings(wrong)).not.toThrow(/hidden|short-secret/);
});

test('sign-in at another service is offered with all of its settings, and half of them is a fault', () => {
  const github = { LEASEHOLD_GITHUB_CLIENT_ID: 'id', LEASEHOLD_GITHUB_CLIENT_SECRET: 'hidden' };
  const oidc = { LEASEHOLD_OIDC_CLIENT_ID: 'id', LEASEHOLD_OIDC_CLIENT_SECRET: 'hidden' };
  const discoveryUrl = 'https://id.example/.well-known/openid-configuration';
  expect(readApiSettings({ ...env, ...github }).providers.github).toEqual({ clientId: 'id', clientSecret: 'hidden' });
  for (const where of [
    { LEASEHOLD_OIDC_ISSUER: 'https://id.example/' },
    { LEASEHOLD_OIDC_DISCOVERY_URL: discoveryUrl },
  ]) {
    expect(readApiSettings({ ...env, ...oidc, ...where }).providers.oidc).toMatchObject({
      name: 'Single sign-on',
      discoveryUrl,
    });
  }
  expect(() => readApiSettings({ ...env, ...oidc })).toThrow(/LEASEHOLD_OIDC_ISSUER: is needed/);
  expect(() => readApiSettings({ ...env, LEASEHOLD_GITHUB_CLIENT_SECRET: 'hidden' })).toThrow(
    /LEASEHOLD_GITHUB_CLIENT_ID: is needed beside LEASEHOLD_GITHUB_CLIENT_SECRET$/,
  );
});

test('without a key of Stripe billing is off; with one the webhook needs its secret', () => {
  expect(readApiSettings({ ...env, STRIPE_WEBHOOK_SECRET: '' })).toMatchObject({ stripe: null, webhookSecrets: [] });
  const on = { ...env, STRIPE_SECRET_KEY: 'sk_test_hidden', STRIPE_API_BASE: 'http://127.0.0.1:4313' };
  expect(readApiSettings(on).stripe).toEqual({ secretKey: 'sk_test_hidden', apiBase: 'http://127.0.0.1:4313' });
  expect(() => readApiSettings({ ...on, STRIPE_WEBHOOK_SECRET: '' })).toThrow(/STRIPE_WEBHOOK_SECRET: needs at least/);
  expect(() => readApiSettings({ ...env, STRIPE_API_BASE: 'http://127.0.0.1:4313' })).toThrow(
    /STRIPE_SECRET_KEY: is needed beside STRIPE_API_BASE/,
  );
});
