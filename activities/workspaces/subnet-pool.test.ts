import { expect, test } from 'vitest';
import { freeSubnet } from './subnet-pool.ts';

const POOL = '10.201.0.0/16';

test('an empty pool gives its first block', () => {
  expect(freeSubnet(POOL, [])).toBe('10.201.0.0/28');
});

test('the first gap is used, whatever order the taken blocks come in', () => {
  expect(freeSubnet(POOL, ['10.201.0.32/28', '10.201.0.0/28'])).toBe('10.201.0.16/28');
});

test('an address of the host inside the pool keeps its whole block free', () => {
  expect(freeSubnet(POOL, ['10.201.0.1/28'])).toBe('10.201.0.16/28');
  expect(freeSubnet(POOL, ['10.201.0.5/32'])).toBe('10.201.0.16/28');
});

test('a wider block that overlaps the pool is passed as a whole', () => {
  expect(freeSubnet(POOL, ['10.200.0.0/15'])).toBeNull();
  expect(freeSubnet(POOL, ['10.201.0.0/24', '172.17.0.0/16', 'fe80::/64'])).toBe('10.201.1.0/28');
});

test('a full pool gives nothing', () => {
  expect(freeSubnet('10.0.0.0/27', ['10.0.0.0/28', '10.0.0.16/28'])).toBeNull();
});

test('a pool that is none is refused', () => {
  expect(() => freeSubnet('10.0.0.0', [])).toThrow(RangeError);
  expect(() => freeSubnet('10.0.0.0/30', [])).toThrow(RangeError);
});
