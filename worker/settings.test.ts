import { expect, test } from 'vitest';
import { parseWorkerSettings } from './settings.ts';

const ENV = {
  DATABASE_URL: 'postgresql://localhost/x',
  DOCKER_HOST: 'unix:///var/run/docker.sock',
  SMTP_URL: 'smtp://127.0.0.1:1025',
  LEASEHOLD_INSTALLATION: 'test',
  LEASEHOLD_INTERNAL_TOKEN: 'a token of the tests',
};

test('without a key of Stripe, or with an empty one, billing is off', () => {
  expect(parseWorkerSettings(ENV).STRIPE_SECRET_KEY).toBeUndefined();
  expect(parseWorkerSettings({ ...ENV, STRIPE_SECRET_KEY: '' }).STRIPE_SECRET_KEY).toBeUndefined();
});

test('an address of the simulator without a key is refused, and the key is named', () => {
  expect(() => parseWorkerSettings({ ...ENV, STRIPE_API_BASE: 'http://127.0.0.1:4313' })).toThrow('STRIPE_SECRET_KEY');
});
