import type { Readable } from 'node:stream';
import type { AnswerLimit } from '#domain/size-limits.ts';
import { AnswerRefused } from './answer-refused.ts';

/** A body as `fetch` or `node:http` gives it. */
export type Source = ReadableStream<Uint8Array> | Readable;

/**
 * A body, read to a limit and in a time. One that goes beyond either is cancelled at its source, so that nothing of it is buffered
 * any more.
 *
 * @param source `null`: there is no body
 * @throws AnswerRefused `too-large`, `too-slow` or `cut-off`
 */
export async function readBounded(source: Source | null, { maxBytes, withinMs }: AnswerLimit): Promise<Buffer> {
  if (source === null) return Buffer.alloc(0);
  const { next, cancel } = 'getReader' in source ? webReader(source) : nodeReader(source);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AnswerRefused('too-slow', `The answer was not there within ${withinMs} ms.`)),
      withinMs,
    );
  });
  try {
    for (;;) {
      const { done, value } = await Promise.race([next(), late]);
      if (done) return Buffer.concat(chunks, bytes);
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new AnswerRefused('too-large', `The answer has more than ${maxBytes} bytes.`);
      chunks.push(value);
    }
  } catch (error) {
    cancel();
    if (error instanceof AnswerRefused) throw error;
    throw new AnswerRefused('cut-off', 'The answer ended before it was whole.', { cause: error });
  } finally {
    clearTimeout(timer);
    late.catch(() => {});
  }
}

interface Reader {
  next(): Promise<IteratorResult<Uint8Array, unknown>>;
  cancel(): void;
}

/** A stream of the web, which is cancelled through its reader also while a chunk is waited for. */
function webReader(source: ReadableStream<Uint8Array>): Reader {
  const reader = source.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array, unknown>>,
    cancel: () => void reader.cancel().catch(() => {}),
  };
}

function nodeReader(source: Readable): Reader {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let pending: Promise<unknown> = Promise.resolve();
  return {
    next: () => {
      const next = chunks.next();
      pending = next;
      return next;
    },
    cancel: () => {
      pending.catch(() => {});
      source.destroy();
    },
  };
}
