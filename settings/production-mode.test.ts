import { expect, test } from 'vitest';
import { refuseUnsafe } from './production-mode.ts';

const SAFE = {
  LEASEHOLD_MODE: 'production',
  LEASEHOLD_WEB_ORIGIN: 'https://leasehold.example.com',
  MAIL_FROM: 'Billing <billing@example.com>',
};

test('production mode takes safe settings', () => {
  expect(() => refuseUnsafe(SAFE)).not.toThrow();
  expect(() => refuseUnsafe({ ...SAFE, LEASEHOLD_LISTEN: '0.0.0.0', LEASEHOLD_PROXY_HOPS: '1' })).not.toThrow();
});

test.each([
  ['LEASEHOLD_DEMO_PASSWORD', 'hunter2hunter2', 'unset it'],
  ['STRIPE_API_BASE', 'http://127.0.0.1:4313', 'STRIPE_SECRET_KEY'],
  ['LEASEHOLD_TIME_SKIPPING', '1', 'set it to 0'],
  ['LEASEHOLD_WORKFLOW_BUNDLE', '/tmp/other-workflows.js', 'unset it'],
  ['LEASEHOLD_WEB_ORIGIN', 'http://shop.example.com', 'proxy with TLS'],
  ['LEASEHOLD_WEB_ORIGIN', '', 'proxy with TLS'],
  ['LEASEHOLD_LISTEN', '0.0.0.0', 'LEASEHOLD_PROXY_HOPS'],
  ['MAIL_FROM', 'Leasehold <billing@leasehold.test>', 'set it to yours'],
  ['MAIL_FROM', '', 'set it to yours'],
])('production mode refuses %s=%s and says what to do', (setting, value, remedy) => {
  expect(() => refuseUnsafe({ ...SAFE, [setting]: value })).toThrow(new RegExp(`${setting}: .*${remedy}`));
  expect(() => refuseUnsafe({ ...SAFE, [setting]: value, LEASEHOLD_MODE: 'development' })).not.toThrow();
});

test('a password is not repeated in the refusal', () => {
  expect(() => refuseUnsafe({ ...SAFE, LEASEHOLD_DEMO_PASSWORD: 'hunter2hunter2' })).not.toThrow('hunter2');
});

test('a mode that is none is refused', () => {
  expect(() => refuseUnsafe({ LEASEHOLD_MODE: 'prod' })).toThrow('"production" or "development"');
});
