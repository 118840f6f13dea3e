import { expect, test } from 'vitest';
import { money } from './money.ts';

test('minor units become an amount as the reader writes it', () => {
  expect(money(900, 'usd', 'en-US')).toBe('$9.00');
  expect(money(123_456, 'chf', 'en-GB')).toBe('CHF 1,234.56');
});

test('a currency without minor units is not divided', () => {
  expect(money(900, 'jpy', 'en-US')).toBe('¥900');
});
