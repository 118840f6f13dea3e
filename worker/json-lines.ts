const HEARTBEAT_MS = 15_000;

/**
 * An answer that goes on: each value on a line of its own as JSON, and an empty line when there was none for 15 s, which tells
 * of a reader who went away. A value is made when the one before has been taken.
 *
 * @param make begins the values; its signal aborts when nobody reads any more
 */
export function jsonLines(make: (signal: AbortSignal) => AsyncIterable<unknown>): Response {
  const left = new AbortController();
  const encoder = new TextEncoder();
  const values = make(left.signal)[Symbol.asyncIterator]();
  let waiting: Promise<IteratorResult<unknown>> | null = null;

  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      waiting ??= values.next();
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), HEARTBEAT_MS);
      });
      try {
        const next = await Promise.race([waiting, silence]);
        if (next === null) return controller.enqueue(encoder.encode('\n'));
        waiting = null;
        if (next.done) return controller.close();
        controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
      } finally {
        clearTimeout(timer);
      }
    },
    cancel() {
      left.abort();
      waiting?.catch(() => {});
      values.return?.().catch(() => {});
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } });
}
