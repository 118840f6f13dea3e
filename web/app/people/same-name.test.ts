import { expect, test } from 'vitest';
import { isSameName } from './same-name.ts';

test('a name is confirmed by its letters, not by its blanks', () => {
  expect(isSameName(' Zoe\u0308  & Co ', 'Zoë & Co')).toBe(true);
  expect(isSameName('zoë & co', 'Zoë & Co')).toBe(false);
});

test('nothing confirms nothing', () => {
  expect(isSameName('', '')).toBe(false);
});
