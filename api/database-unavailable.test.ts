import { expect, test } from 'vitest';
import { isDatabaseUnavailable } from './database-unavailable.ts';

test.each([
  ['refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['shutting down', Object.assign(new Error('terminating'), { code: '57P01' })],
  ['too many connections', Object.assign(new Error('too many'), { code: '53300' })],
  ['the pool gave none in time', new Error('timeout exceeded when trying to connect')],
  ['a statement that took too long', Object.assign(new Error('canceling'), { code: '57014' })],
  ['as a cause', new Error('query failed', { cause: Object.assign(new Error('x'), { code: 'P1001' }) })],
  ['on every address', new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })])],
])('unavailable: %s', (_what, error) => {
  expect(isDatabaseUnavailable(error)).toBe(true);
});

test.each([
  ['a duplicate key', Object.assign(new Error('duplicate'), { code: '23505' })],
  ['an unknown record', Object.assign(new Error('none'), { code: 'P2025' })],
  ['a programming error', new TypeError('x is undefined')],
  ['nothing', undefined],
])('available: %s', (_what, error) => {
  expect(isDatabaseUnavailable(error)).toBe(false);
});
