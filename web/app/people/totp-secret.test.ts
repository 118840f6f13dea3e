import { expect, test } from 'vitest';
import { totpSecretOf } from './totp-secret.ts';

test('the key can be typed where no camera is at hand', () => {
  expect(totpSecretOf('otpauth://totp/Leasehold:a%40b?secret=JBSWY3DPEHPK3PXP&issuer=Leasehold')).toBe(
    'JBSW Y3DP EHPK 3PXP',
  );
  expect(totpSecretOf('otpauth://totp/x')).toBe('');
});
