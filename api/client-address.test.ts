import { expect, test } from 'vitest';
import { readClientAddress, signClientAddress } from './client-address.ts';

const TOKEN = 'the internal token of a test';

test('an address is believed from a holder of the internal token alone', () => {
  const header = signClientAddress('203.0.113.7', TOKEN);
  expect(readClientAddress(header, TOKEN)).toBe('203.0.113.7');
  expect(readClientAddress(header, 'another internal token')).toBeNull();
  expect(readClientAddress(header.replace('203', '204'), TOKEN)).toBeNull();
  for (const forged of [undefined, '', '203.0.113.7', '203.0.113.7 proof', `${TOKEN} ${TOKEN}`]) {
    expect(readClientAddress(forged, TOKEN)).toBeNull();
  }
});
