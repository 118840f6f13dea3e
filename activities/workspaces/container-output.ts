import { addAbortSignal, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { AnswerRefused } from '#incoming/answer-refused.ts';

/** Docker frames each piece of output: stream (1 byte), nothing (3), length (4, big endian). */
const HEADER_BYTES = 8;
const STDERR = 2;

export interface LogQuery {
  /** Lines of the past. */
  tail: number;
  follow: boolean;
  timestamps?: boolean;
  /** Seconds since 1970, with nine digits behind the point. */
  since?: string;
  until?: number;
}

/** A piece that a container wrote: a line, or 16 KiB of a longer one. */
export interface OutputFrame {
  stream: 'stdout' | 'stderr';
  text: string;
}

/**
 * What the engine kept of a container's output, and with `follow` what it writes from now on, until it ends. The stream is read as
 * fast as it is taken: of a container that writes without end no more than one frame is held.
 *
 * @throws AnswerRefused `too-large` for a frame beyond the limit
 */
export async function* readOutput(
  docker: Docker,
  containerId: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<OutputFrame> {
  signal.throwIfAborted();
  const stream = addAbortSignal(signal, await openLog(docker, containerId, query, signal));
  const { frameBytes } = SIZE_LIMITS.log;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= HEADER_BYTES) {
        const length = rest.readUInt32BE(4);
        if (length > frameBytes)
          throw new AnswerRefused(
            'too-large',
            `The engine sent a frame of ${length} bytes, and ${frameBytes} are read.`,
          );
        const end = HEADER_BYTES + length;
        if (rest.length < end) break;
        yield { stream: rest[0] === STDERR ? 'stderr' : 'stdout', text: rest.toString('utf8', HEADER_BYTES, end) };
        rest = rest.subarray(end);
      }
    }
  } finally {
    stream.destroy();
  }
}

/** `Container.logs` gives what it does not follow as one buffer. */
function openLog(docker: Docker, containerId: string, query: LogQuery, signal: AbortSignal): Promise<Readable> {
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${containerId}/logs?`,
        method: 'GET',
        abortSignal: signal,
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: { stdout: true, stderr: true, ...query },
      },
      (error, stream) => (error ? reject(error) : resolve(stream as Readable)),
    );
  });
}
