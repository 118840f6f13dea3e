import { expect, test } from 'vitest';
import { databaseRefusalOf } from './database-refusal.ts';

const withCode = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more });

test.each([
  ['a NUL', withCode('22021')],
  [
    'half a character in JSON',
    withCode('P2010', { meta: { driverAdapterError: { cause: { originalCode: '22P05' } } } }),
  ],
  ['a number out of range', withCode('22003')],
  ['another row has it', withCode('P2002')],
  ['a check', withCode('P2010', { meta: { code: '23514' } })],
  ['an index row that is too large', withCode('54000')],
])('refused for what it says: %s', (_, error) => {
  expect(databaseRefusalOf(error)).not.toBeNull();
});

test.each([
  ['shutting down', withCode('57P01')],
  ['a full disk', withCode('53100')],
  ['too many connections', withCode('53300')],
  ['read-only', withCode('25006')],
  ['a deadlock', withCode('40P01')],
  ['no connection', withCode('P1001')],
  ['a column that a migration has not brought yet', withCode('42703')],
  ['an error of ours', new TypeError('x is undefined')],
  ['nothing', undefined],
])('worth another try: %s', (_, error) => {
  expect(databaseRefusalOf(error)).toBeNull();
});
