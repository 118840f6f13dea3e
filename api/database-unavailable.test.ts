import { expect, test } from 'vitest';
import { isDatabaseUnavailable } from './database-unavailable.ts';

test.each([
  ['refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['shutting down', Object.assign(new Error('terminating'), { code: '57P01' })],
  ['too many connections', Object.assign(new Error('too many'), { code: '53300' })],
  ['a full disk', Object.assign(new Error('could not extend file'), { code: '53100' })],
  ['read-only', Object.assign(new Error('cannot execute INSERT in a read-only transaction'), { code: '25006' })],
  ['a disk that fails', Object.assign(new Error('could not read block 0'), { code: '58030' })],
  [
    'a disk that became read-only',
    Object.assign(new Error('could not open file "base/1/2": Read-only file system'), { code: '42501' }),
  ],
  [
    'as Prisma tells what its driver said',
    Object.assign(new Error('Raw query failed'), {
      code: 'P2010',
      meta: { driverAdapterError: new Error('x', { cause: { kind: 'postgres', code: '53100' } as never }) },
    }),
  ],
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
