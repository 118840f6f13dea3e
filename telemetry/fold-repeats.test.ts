import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from './logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const lines: string[] = [];
  const log = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  return { log, lines, read: () => lines.map((line) => JSON.parse(line)) };
}

function diskFull(number: number): Error {
  return Object.assign(new Error(`could not extend file "base/16384/${number}": No space left on device`), {
    code: '53100',
  });
}

test('an error that repeats is logged whole once, then counted once a minute without its stack', () => {
  const { log, lines, read } = setUp();
  for (let number = 1; number <= 500; number += 1)
    log.error({ err: diskFull(number), requestId: `request-${number}` }, 'refused');
  expect(lines).toHaveLength(1);
  expect(read()[0].err.stack).toContain('could not extend file');

  vi.advanceTimersByTime(60_000);
  expect(read().slice(1)).toEqual([
    expect.objectContaining({
      msg: 'refused',
      repeated: 499,
      requestId: 'request-500',
      err: { type: 'Error', code: '53100', message: expect.stringContaining('No space left') },
    }),
  ]);
  vi.advanceTimersByTime(600_000);
  expect(lines).toHaveLength(2);
});

test('after a quiet minute the same error is news again', () => {
  const { log, read } = setUp();
  log.error({ err: diskFull(1) }, 'refused');
  vi.advanceTimersByTime(60_000);
  log.error({ err: diskFull(2) }, 'refused');
  expect(read().map(({ err }) => typeof err.stack)).toEqual(['string', 'string']);
});

test('the same error about others is told of each, without the stack, and bounded', () => {
  const { log, read } = setUp();
  for (let number = 0; number < 100; number += 1)
    log.warn({ err: diskFull(1), customerId: `cus_${number}` }, 'not forwarded');
  expect(read()).toHaveLength(20);
  expect(read()[19]).toMatchObject({ customerId: 'cus_19', err: { code: '53100' } });
  expect(read()[19].err.stack).toBeUndefined();
});

test('another error, and what is no error, is not held back', () => {
  const { log, lines } = setUp();
  log.error({ err: diskFull(1) }, 'refused');
  log.error({ err: new Error('something else') }, 'refused');
  log.error({ err: diskFull(1) }, 'not saved');
  for (let time = 0; time < 5; time += 1) log.warn('a plain line');
  expect(lines).toHaveLength(8);
});
