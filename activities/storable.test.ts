import { expect, test } from 'vitest';
import { storable } from './storable.ts';

test('NUL and half characters are replaced wherever they stand, and whole characters are left alone', () => {
  const { value, replaced } = storable({
    name: 'a\u0000b',
    list: [{ text: 'half \ud83d', fine: '😀' }],
    n: 1,
    none: null,
  });
  expect(value).toEqual({ name: 'a\ufffdb', list: [{ text: 'half \ufffd', fine: '😀' }], n: 1, none: null });
  expect(replaced.map(({ path }) => path)).toEqual(['name', 'list.0.text']);
});
