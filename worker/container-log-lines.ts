import type Docker from 'dockerode';
import type { LogLine, LogOrder } from '#activities/contracts.ts';
import { readOutput } from '#activities/workspaces/container-output.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';

const { lineCharacters, tailLines } = SIZE_LIMITS.log;

/**
 * What a container wrote, oldest first. With `follow` it ends when the container does. Lines are read as they are taken: who reads
 * slowly makes the container's log wait, not this process grow.
 *
 * @param docker for `follow` one that waits for ever: a log may be quiet for long
 */
export async function* readLogLines(
  docker: Docker,
  containerId: string,
  { tail, follow, after, signal }: LogOrder & { signal: AbortSignal },
): AsyncGenerator<LogLine> {
  const query = {
    timestamps: true,
    tail: Math.min(tail, tailLines),
    follow,
    ...(after === undefined ? {} : { since: secondsOf(after) }),
  };
  for await (const { stream, text } of readOutput(docker, containerId, query, signal)) {
    for (const line of linesOf(text, stream)) if (after === undefined || line.at > after) yield line;
  }
}

function linesOf(text: string, stream: LogLine['stream']): LogLine[] {
  return text.split('\n').flatMap((line) => {
    const space = line.indexOf(' ');
    if (space <= 0) return [];
    const said = line.slice(space + 1).replace(/\r$/, '');
    const isLong = said.length > lineCharacters;
    return [{ at: line.slice(0, space), stream, text: isLong ? `${said.slice(0, lineCharacters)}…` : said }];
  });
}

/** Docker takes seconds with nine digits behind the point. */
function secondsOf(at: string): string {
  const [whole = '', fraction = ''] = at.replace(/Z$/, '').split('.');
  return `${Math.floor(Date.parse(`${whole}Z`) / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}
