import { expect, test } from 'vitest';
import { ownPath, signInPathFor } from './return-path.ts';

test('after signing in one comes back to the page that was asked for', () => {
  const path = signInPathFor({ url: 'http://web.test/invitations/i-1?x=1' });
  expect(path).toBe('/sign-in?next=%2Finvitations%2Fi-1%3Fx%3D1');
  expect(ownPath(new URL(path, 'http://web.test').searchParams.get('next'))).toBe('/invitations/i-1?x=1');
  expect(signInPathFor({ url: 'http://web.test/' })).toBe('/sign-in');
});

test('nobody is sent to another site', () => {
  const foreign = [
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '/\t/evil.test',
    'evil',
    '',
    null,
    'javascript:1',
  ];
  expect(foreign.map(ownPath)).toEqual(foreign.map(() => null));
});
