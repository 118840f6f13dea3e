import { expect, test } from 'vitest';
import { describeUnknown, unknownSettings } from './unknown-settings.ts';

test.each([
  ['LEASEHOLD_API_PROT', 'LEASEHOLD_API_PORT'],
  ['LEASEHOLD_CATALOGUE', 'LEASEHOLD_CATALOG'],
  ['LEASEHOLD_WEBORIGIN', 'LEASEHOLD_WEB_ORIGIN'],
  ['LEASEHOLD_DEMO_PASWORD', 'LEASEHOLD_DEMO_PASSWORD'],
])('%s is reported as unknown, with %s as what was meant', (name, nearest) => {
  expect(unknownSettings({ [name]: '1' })).toEqual([{ name, nearest }]);
  expect(describeUnknown({ name, nearest })).toContain(`did you mean ${nearest}?`);
});

test('a name that is like no other is reported without a guess, and what is known or not ours is not reported', () => {
  expect(
    unknownSettings({ LEASEHOLD_SOMETHING_ELSE_ENTIRELY: '1', LEASEHOLD_WEB_PORT: '1', PATH: '/bin', LEASE: '' }),
  ).toEqual([{ name: 'LEASEHOLD_SOMETHING_ELSE_ENTIRELY' }]);
});
