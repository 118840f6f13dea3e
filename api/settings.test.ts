import { expect, test } from 'vitest';
import { readApiSettings } from './settings.ts';

const env = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1:4314/leasehold',
  STRIPE_WEBHOOK_SECRET: 'whsec_new, whsec_old',
  BETTER_AUTH_SECRET: 'a'.repeat(32),
  LEASEHOLD_INTERNAL_TOKEN: 'b'.repeat(32),
};

test('what is not set has its documented default, and secrets may be two during a rotation', () => {
  expect(readApiSettings({ ...env, LEASEHOLD_DEMO_PASSWORD: '' })).toMatchObject({
    port: 4311,
    webOrigin: 'http://127.0.0.1:4310',
    webhookSecrets: ['whsec_new', 'whsec_old'],
    demoPassword: undefined,
    catalogFile: 'catalogs/demo.yaml',
  });
});

test('every fault is named at once, and no value is repeated', () => {
  const wrong = { ...env, BETTER_AUTH_SECRET: 'short-secret', DATABASE_URL: 'mysql://u:hidden@x/y' };
  expect(() => readApiSettings(wrong)).toThrow(/DATABASE_URL[\s\S]*BETTER_AUTH_SECRET/);
  expect(() => readApiSettings(wrong)).not.toThrow(/hidden|short-secret/);
});
