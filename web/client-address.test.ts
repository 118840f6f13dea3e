import { expect, test } from 'vitest';
import { clientAddressOf } from './client-address.ts';

test.each([
  ['a browser on its own connection', '203.0.113.7', null, [], '203.0.113.7'],
  ['one that makes up where it comes from', '203.0.113.7', '198.51.100.1', [], '203.0.113.7'],
  ['one behind a proxy of ours', '10.0.0.1', '198.51.100.1', ['10.0.0.1'], '198.51.100.1'],
  ['one behind it that makes up an address', '10.0.0.1', '1.1.1.1, 198.51.100.1', ['10.0.0.1'], '198.51.100.1'],
  ['one behind two of ours', '10.0.0.1', '198.51.100.1, 10.0.0.2', ['10.0.0.1', '10.0.0.2'], '198.51.100.1'],
  ['an IPv4 address in IPv6', '::ffff:203.0.113.7', null, [], '203.0.113.7'],
  ['nonsense that our proxy passed on', '10.0.0.1', 'unknown', ['10.0.0.1'], null],
  ['our proxy that tells nothing', '10.0.0.1', null, ['10.0.0.1'], null],
  ['no connection', undefined, '198.51.100.1', [], null],
])('the address of %s', (_whose, peer, forwardedFor, trusted, address) => {
  expect(clientAddressOf(peer, forwardedFor, trusted)).toBe(address);
});
