import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { AnswerRefused } from './answer-refused.ts';
import { readBounded } from './read-bounded.ts';
import { parseJson } from './read-json.ts';
import { readLines } from './read-lines.ts';

const CHUNK = new Uint8Array(64 * 1024).fill(0x20);
const limit = { maxBytes: 1024 ** 2, withinMs: 10_000 };

/** Gives chunks without end and counts them. */
function endless(kind: 'web' | 'node', chunk: Uint8Array | null) {
  const seen = { given: 0, isCancelled: false };
  if (kind === 'node') {
    const source = new Readable({
      highWaterMark: CHUNK.length,
      read() {
        seen.given += 1;
        if (chunk) this.push(chunk);
      },
      destroy(error, done) {
        seen.isCancelled = true;
        done(error);
      },
    });
    return { seen, source };
  }
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.given += 1;
      if (chunk) controller.enqueue(chunk);
      else return new Promise(() => {});
    },
    cancel() {
      seen.isCancelled = true;
    },
  });
  return { seen, source };
}

test.each(['web', 'node'] as const)(
  'a body without end is cancelled at its limit, and no more of it is taken (%s)',
  async (kind) => {
    const { seen, source } = endless(kind, CHUNK);
    await expect(readBounded(source, limit)).rejects.toMatchObject({ name: 'AnswerRefused', because: 'too-large' });
    await expect.poll(() => seen.isCancelled).toBe(true);
    expect(seen.given).toBeLessThan(limit.maxBytes / CHUNK.length + 5);
  },
);

test.each(['web', 'node'] as const)('a body that says nothing is cancelled after its time (%s)', async (kind) => {
  const { seen, source } = endless(kind, null);
  await expect(readBounded(source, { ...limit, withinMs: 30 })).rejects.toMatchObject({ because: 'too-slow' });
  await expect.poll(() => seen.isCancelled).toBe(true);
});

test('a body within its limit is whole; none is empty; one that breaks off says so', async () => {
  expect((await readBounded(new Response('hello').body, limit)).toString()).toBe('hello');
  expect((await readBounded(Readable.from([Buffer.from('he'), Buffer.from('llo')]), limit)).toString()).toBe('hello');
  expect(await readBounded(null, limit)).toHaveLength(0);
  const broken = new Readable({ read: () => broken.destroy(new Error('gone')) });
  await expect(readBounded(broken, limit)).rejects.toMatchObject({ because: 'cut-off' });
});

test.each([
  ['no JSON', 'surely not', 'malformed'],
  ['half of it', '{"a":', 'malformed'],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'malformed'],
  ['deeper than can be written again', '['.repeat(100_000) + ']'.repeat(100_000), 'too-deep'],
])('JSON that is %s is refused', (_what, text, because) => {
  const refused = () => parseJson(Buffer.from(text));
  expect(refused).toThrow(AnswerRefused);
  expect(refused).toThrow(expect.objectContaining({ because }));
});

test('brackets within texts are no depth', () => {
  const value = { text: `"\\${'['.repeat(1_000)}`, list: [[1]] };
  expect(parseJson(Buffer.from(JSON.stringify(value)))).toEqual(value);
});

test('lines come one by one whatever the chunks, and one without end is refused', async () => {
  const bytes = Buffer.from('one\nzwei ü\n\nlast');
  const lines: string[] = [];
  for await (const line of readLines(Readable.from([...bytes].map((byte) => Buffer.from([byte]))), 100))
    lines.push(line);
  expect(lines).toEqual(['one', 'zwei ü', '', 'last']);
  const { source } = endless('node', CHUNK);
  const read = async () => {
    for await (const _ of readLines(source as Readable, limit.maxBytes));
  };
  await expect(read()).rejects.toMatchObject({ because: 'too-large' });
});
