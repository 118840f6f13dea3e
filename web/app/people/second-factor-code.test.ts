import { expect, test } from 'vitest';
import { secondFactorOf } from './second-factor-code.ts';

test('six digits are an authenticator’s code, with or without a blank between them', () => {
  expect(secondFactorOf('123 456')).toEqual({ path: '/api/auth/two-factor/verify-totp', code: '123456' });
});

test('anything else is a backup code, as it was given', () => {
  expect(secondFactorOf(' aB3dE-fG7hJ ')).toEqual({
    path: '/api/auth/two-factor/verify-backup-code',
    code: 'aB3dE-fG7hJ',
  });
});
