import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventStream } from './event-stream.ts';
import { readJsonLines } from './json-lines.ts';

test('of a host that sends without end nothing is taken for a reader who does not read', async () => {
  let sent = 0;
  const line = new TextEncoder().encode(`${JSON.stringify({ text: 'x'.repeat(4_000) })}\n`);
  const host = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 1;
      controller.enqueue(line);
    },
  });
  async function* events() {
    for await (const data of readJsonLines(
      host,
      () => {},
      () => {},
    ))
      yield { event: 'line', data };
  }
  const leaving = new AbortController();
  const answer = eventStream(events, { signal: leaving.signal });
  const reader = answer.body?.getReader();
  // `retry`, and the first line.
  for (let read = 0; read < 2; read += 1) await reader?.read();
  for (let turns = 0; turns < 1_000; turns += 1) await turn();
  expect(sent).toBeLessThan(10);
  await reader?.cancel();
});

test('a host whose line has no end is given up', async () => {
  const host = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(0x78)),
  });
  const read = async () => {
    for await (const _ of readJsonLines(
      host,
      () => {},
      () => {},
    ));
  };
  await expect(read()).rejects.toMatchObject({ because: 'too-large' });
});
