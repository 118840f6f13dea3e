import type Docker from 'dockerode';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readOutput } from './container-output.ts';

const LINES_WITHIN_MS = 10_000;

/**
 * The last lines that a container wrote, oldest first; empty when the engine has none. PostgreSQL can store them.
 *
 * @param until nothing that was written later, in seconds since 1970
 */
export async function lastLogLines(
  docker: Docker,
  containerId: string,
  count: number,
  until?: number,
): Promise<string[]> {
  const query = { tail: count, follow: false, ...(until === undefined ? {} : { until }) };
  const lines: string[] = [];
  let line = '';
  const end = () => {
    if (line.trim() !== '') lines.push(line.replace(/\p{Cs}/gu, ''));
    if (lines.length > count) lines.shift();
    line = '';
  };
  for await (const { text } of readOutput(docker, containerId, query, AbortSignal.timeout(LINES_WITHIN_MS))) {
    text
      .replaceAll('\0', '')
      .split('\n')
      .forEach((piece, at) => {
        if (at > 0) end();
        line = (line + piece).slice(0, SIZE_LIMITS.log.incidentLineCharacters);
      });
  }
  end();
  return lines;
}
