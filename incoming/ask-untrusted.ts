import { request } from 'node:http';
import { type AnswerLimit, SIZE_LIMITS } from '#domain/size-limits.ts';
import { AnswerRefused } from './answer-refused.ts';
import { readBounded } from './read-bounded.ts';

export interface UntrustedRequest {
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: string;
}

/** An answer, whole. A redirect is an answer like any other: it is never followed. */
export interface UntrustedAnswer {
  status: number;
  body: Buffer;
}

/**
 * Asks a server that belongs to a customer. Whatever it sends, at most `maxBytes` are held, for `withinMs`: heads are limited too,
 * nothing is unpacked, no redirect followed, and the connection is closed after the answer.
 *
 * @throws AnswerRefused for an answer beyond its limits, and the socket's error where there is none
 */
export async function askUntrusted(
  url: string,
  { method, headers = {}, body }: UntrustedRequest,
  { maxBytes, withinMs }: AnswerLimit,
): Promise<UntrustedAnswer> {
  const until = performance.now() + withinMs;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<UntrustedAnswer>((resolve, reject) => {
      const call = request(
        url,
        {
          method,
          headers: { ...headers, 'accept-encoding': 'identity', connection: 'close' },
          agent: false,
          maxHeaderSize: SIZE_LIMITS.workspace.headerBytes,
        },
        (response) => {
          const encoding = response.headers['content-encoding'] ?? 'identity';
          if (encoding !== 'identity') {
            response.destroy();
            reject(new AnswerRefused('encoded', 'The answer is compressed, and was not asked for so.'));
            return;
          }
          const left = Math.max(1, until - performance.now());
          readBounded(response, { maxBytes, withinMs: left }).then(
            (read) => resolve({ status: response.statusCode ?? 0, body: read }),
            reject,
          );
        },
      );
      call.on('error', (error: NodeJS.ErrnoException) => reject(refusalOf(error) ?? error));
      // Without a listener Node ends such a connection and tells nobody.
      call.on('upgrade', (_response, socket) => {
        socket.destroy();
        reject(new AnswerRefused('malformed', 'The answer changes the protocol, and was not asked to.'));
      });
      // However a call ends, or does not: nobody waits for it for longer.
      timer = setTimeout(() => {
        reject(new AnswerRefused('too-slow', `There was no answer within ${withinMs} ms.`));
        call.destroy();
      }, withinMs);
      call.end(body);
    });
  } finally {
    clearTimeout(timer);
  }
}

function refusalOf(error: NodeJS.ErrnoException): AnswerRefused | null {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return new AnswerRefused(
      'too-large',
      `The head of the answer has more than ${SIZE_LIMITS.workspace.headerBytes} bytes.`,
    );
  if (error.code?.startsWith('HPE_')) return new AnswerRefused('malformed', 'The answer is no HTTP.', { cause: error });
  return null;
}
