import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { unlessMissing } from './engine-error.ts';

/** Whether a container has a file at a path; it need not run. */
export async function hasFile(container: Docker.Container, path: string): Promise<boolean> {
  const answer = (await unlessMissing(container.infoArchive({ path }))) as Readable | null;
  // An answer that nobody reads keeps its connection, and with it this process.
  answer?.destroy();
  return answer !== null;
}
