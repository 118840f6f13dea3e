import { expect, test } from 'vitest';
import { messageIdOf } from './send.ts';

test('one effect of one account has one Message-ID', () => {
  expect(messageIdOf('a', 'mail/suspended/in_1')).toBe(messageIdOf('a', 'mail/suspended/in_1'));
  expect(messageIdOf('a', 'mail/suspended/in_1')).not.toBe(messageIdOf('b', 'mail/suspended/in_1'));
});
