import { expect, test, vi } from 'vitest';
import { eventStream, type StreamEvent } from './event-stream.server.ts';

function reads(values: string[]) {
  let next = 0;
  return vi.fn(async (): Promise<{ send: StreamEvent; last: boolean }> => {
    const data = values[Math.min(next, values.length - 1)] ?? '';
    next += 1;
    return { send: { event: 'account', data }, last: data === 'last' };
  });
}

test('what did not change is not sent again, and the last message ends the stream', async () => {
  const read = reads(['a', 'a', 'b', 'last']);
  const response = eventStream({ signal: new AbortController().signal, everyMs: 1, read });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(await response.text()).toBe(
    'event: account\ndata: a\n\n: unchanged\n\nevent: account\ndata: b\n\nevent: account\ndata: last\n\n',
  );
  expect(read).toHaveBeenCalledTimes(4);
});

test('a reader who left is read for no more', async () => {
  const leaving = new AbortController();
  const read = reads(['a', 'b', 'c', 'd', 'e', 'f']);
  const body = eventStream({ signal: leaving.signal, everyMs: 1, read }).body?.getReader();
  await body?.read();
  leaving.abort();
  while (!(await body?.read())?.done);
  const before = read.mock.calls.length;
  const watched = eventStream({ signal: new AbortController().signal, everyMs: 1, read: reads(['x', 'y', 'last']) });
  await watched.text();
  expect(read.mock.calls.length).toBe(before);
});

test('a stream that nobody waits for any more reads nothing', async () => {
  const read = reads(['a']);
  expect(await eventStream({ signal: AbortSignal.abort(), everyMs: 1, read }).text()).toBe('');
  expect(read).not.toHaveBeenCalled();
});
