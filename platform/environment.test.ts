import { expect, test } from 'vitest';
import { productEnvironment } from './environment.ts';
import { DEFAULT_PORTS } from './ports.ts';

const secrets = {
  installationId: 'installation',
  postgresPassword: 'pg',
  betterAuthSecret: 'auth',
  internalToken: 'internal',
  stripeSecretKey: 'sk_test_made_up',
  stripeWebhookSecret: 'whsec_made_up',
  demoPassword: 'demo',
};
const given = (values: Record<string, string>, withSimulator = true) =>
  productEnvironment({ ports: { ...DEFAULT_PORTS }, secrets, stateDir: '/state', withSimulator }, values as never);

test('without any setting everything points at loopback', () => {
  const addresses = Object.values(given({})).filter((value) => /^[a-z]+:\/\//.test(value));
  expect(addresses.length).toBeGreaterThan(5);
  for (const address of addresses) expect(new URL(address).hostname).toBe('127.0.0.1');
});

test("with one's own Stripe key nothing of the simulator is left", () => {
  const env = given({ STRIPE_SECRET_KEY: 'sk_live_own' });
  expect(env).toMatchObject({ STRIPE_SECRET_KEY: 'sk_live_own' });
  expect(env).not.toHaveProperty('STRIPE_API_BASE');
  expect(env).not.toHaveProperty('STRIPE_WEBHOOK_SECRET');
});

test('with neither a key of Stripe nor the simulator billing is off', () => {
  const names = Object.keys(given({}, false));
  expect(names.filter((name) => name.startsWith('STRIPE_'))).toEqual([]);
});

test("one's own Temporal is taken over with all its settings", () => {
  const env = given({ TEMPORAL_ADDRESS: 'cloud:7233', TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'own' });
  expect(env).toMatchObject({ TEMPORAL_ADDRESS: 'cloud:7233', TEMPORAL_API_KEY: 'key', TEMPORAL_NAMESPACE: 'own' });
  expect(env).not.toHaveProperty('LEASEHOLD_TEMPORAL_UI_URL');
});

test('an empty setting is none', () => {
  expect(given({ DATABASE_URL: '' }).DATABASE_URL).toContain('127.0.0.1:4314');
});

test('time skipping can be switched off', () => {
  expect(given({ LEASEHOLD_TIME_SKIPPING: '0' }).LEASEHOLD_TIME_SKIPPING).toBe('0');
});
