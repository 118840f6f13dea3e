import type Docker from 'dockerode';

/** Docker frames each piece of output: stream (1 byte), nothing (3), length (4, big endian). */
const HEADER_BYTES = 8;
/** A line longer than this is cut: PostgreSQL and people have to take it. */
const MAX_LINE_CHARACTERS = 500;

/**
 * The last lines that a container wrote, oldest first; empty when the engine has none. PostgreSQL can store them.
 *
 * @param until nothing that was written later, in seconds since 1970
 */
export async function lastLogLines(container: Docker.Container, count: number, until?: number): Promise<string[]> {
  const output: Buffer = await container.logs({
    stdout: true,
    stderr: true,
    tail: count,
    follow: false,
    ...(until === undefined ? {} : { until }),
  });
  let text = '';
  for (let at = 0; at + HEADER_BYTES <= output.length; ) {
    const end = at + HEADER_BYTES + output.readUInt32BE(at + 4);
    text += output.toString('utf8', at + HEADER_BYTES, end);
    at = end;
  }
  return text
    .replaceAll('\0', '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .map((line) => line.slice(0, MAX_LINE_CHARACTERS));
}
