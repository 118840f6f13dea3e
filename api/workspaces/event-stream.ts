/** A message of a stream of server-sent events. */
export interface ServerEvent {
  event: string;
  data: unknown;
  /** What a reader that comes back names as `Last-Event-ID`. */
  id?: string;
}

export interface EventStreamOptions {
  /** Ends it: the process stops. */
  signal: AbortSignal;
  /** It ends after this long. A reader comes back by itself, and whether it may look is asked anew. Default 5 minutes. */
  maxMs?: number;
  /** Pause after which a comment says that the connection is alive. Default 15,000. */
  heartbeatMs?: number;
}

const RETRY_MS = 1_000;

/**
 * Answers with server-sent events. An event is taken when the one before was sent: a reader that is slow keeps nothing waiting.
 *
 * @param make begins the events; its signal aborts when nobody reads any more
 */
export function eventStream(
  make: (signal: AbortSignal) => AsyncIterable<ServerEvent>,
  { signal, maxMs = 300_000, heartbeatMs = 15_000 }: EventStreamOptions,
): Response {
  const left = new AbortController();
  const over = AbortSignal.any([signal, AbortSignal.timeout(maxMs), left.signal]);
  const encoder = new TextEncoder();
  const events = make(over)[Symbol.asyncIterator]();
  const ended = new Promise<'ended'>((resolve) => {
    if (over.aborted) resolve('ended');
    else over.addEventListener('abort', () => resolve('ended'), { once: true });
  });
  let waiting: Promise<IteratorResult<ServerEvent>> | null = null;

  /** What the events hold is let go, whether they are being waited for or not. */
  function leave(): void {
    left.abort();
    waiting?.catch(() => {});
    events.return?.().catch(() => {});
  }

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
    },
    async pull(controller) {
      waiting ??= events.next();
      let timer: NodeJS.Timeout | undefined;
      const silence = new Promise<'silence'>((resolve) => {
        timer = setTimeout(() => resolve('silence'), heartbeatMs);
      });
      try {
        const next = await Promise.race([waiting, silence, ended]);
        if (next === 'silence') return controller.enqueue(encoder.encode(': still here\n\n'));
        if (next === 'ended' || next.done) {
          leave();
          return controller.close();
        }
        waiting = null;
        controller.enqueue(encoder.encode(textOf(next.value)));
      } catch (error) {
        leave();
        controller.error(error);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: leave,
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'private, no-store',
      // Proxies would keep events back.
      'x-accel-buffering': 'no',
    },
  });
}

/** JSON has no line breaks, and neither has an id of ours. */
function textOf({ event, data, id }: ServerEvent): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
