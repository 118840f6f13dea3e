import { addAbortSignal, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { LogLine, LogOrder } from '#activities/contracts.ts';

/** Docker frames each piece of output: stream (1 byte), nothing (3), length (4, big endian). */
const HEADER_BYTES = 8;
const STDERR = 2;
/** More of one line is cut off. */
export const MAX_LINE_CHARACTERS = 4_096;
/** Most lines of the past that are handed out at once. */
export const MAX_TAIL = 1_000;

/**
 * What a container wrote, oldest first. With `follow` it ends when the container does.
 *
 * @param docker for `follow` one that waits for ever: a log may be quiet for long
 */
export async function* readLogLines(
  docker: Docker,
  containerId: string,
  { tail, follow, after, signal }: LogOrder & { signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const options = {
    stdout: true as const,
    stderr: true as const,
    timestamps: true as const,
    tail: Math.min(tail, MAX_TAIL),
    ...(after === undefined ? {} : { since: secondsOf(after) }),
  };
  const container = docker.getContainer(containerId);
  const output: AsyncIterable<Buffer> | Buffer[] = follow
    ? addAbortSignal(signal, (await container.logs({ ...options, follow: true })) as Readable)
    : [await container.logs({ ...options, follow: false })];
  let rest = Buffer.alloc(0);
  for await (const chunk of output) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = HEADER_BYTES + (rest.length < HEADER_BYTES ? 0 : rest.readUInt32BE(4));
      if (rest.length < HEADER_BYTES || rest.length < end) break;
      const stream = rest[0] === STDERR ? 'stderr' : 'stdout';
      for (const line of linesOf(rest.toString('utf8', HEADER_BYTES, end), stream)) {
        if (after === undefined || line.at > after) yield line;
      }
      rest = rest.subarray(end);
    }
  }
}

function linesOf(text: string, stream: LogLine['stream']): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const space = line.indexOf(' ');
    if (space <= 0) return [];
    const said = line.slice(space + 1).replace(/\r$/, '');
    const isLong = said.length > MAX_LINE_CHARACTERS;
    return [{ at: line.slice(0, space), stream, text: isLong ? `${said.slice(0, MAX_LINE_CHARACTERS)}…` : said }];
  });
}

/** Docker takes seconds with nine digits behind the point. */
function secondsOf(at: string): string {
  const [whole = '', fraction = ''] = at.replace(/Z$/, '').split('.');
  return `${Math.floor(Date.parse(`${whole}Z`) / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}
