/** One message of a stream. */
export interface StreamEvent {
  event: 'account' | 'unreachable' | 'signed-out';
  data: string;
}

export interface EventStreamOptions {
  /** Ends the stream: the reader left, or the process stops. */
  signal: AbortSignal;
  /** Pause between two reads. */
  everyMs: number;
  /** Reads what is to be shown now; `last` ends the stream after it. Must not throw. */
  read(): Promise<{ send: StreamEvent; last: boolean }>;
}

/**
 * A `text/event-stream` that reads again and again, one read at a time, and sends what changed; a comment when nothing
 * did, which keeps the connection alive and tells of a reader who went away.
 */
export function eventStream({ signal, everyMs, read }: EventStreamOptions): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let previous = '';

  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const end = () => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        controller.close();
      };
      const turn = async () => {
        const { send, last } = await read();
        if (ended) return;
        const text = `event: ${send.event}\ndata: ${send.data}\n\n`;
        controller.enqueue(encoder.encode(text === previous ? ': unchanged\n\n' : text));
        previous = text;
        if (last) end();
        else schedule(everyMs);
      };
      const schedule = (inMs: number) => {
        timer = setTimeout(() => void turn().catch(end), inMs);
      };
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      else schedule(0);
    },
    cancel() {
      ended = true;
      clearTimeout(timer);
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  });
}
