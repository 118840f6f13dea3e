import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { create as createTar } from 'tar';
import { PlatformError } from '../platform-error.ts';

/** Label of an image: the digest of all that went into it. */
export const INPUTS_LABEL = 'leasehold.inputs';

/** An image of the engine, or null when it has none of this name. */
export async function inspectImage(docker: Docker, name: string): Promise<Docker.ImageInspectInfo | null> {
  return docker
    .getImage(name)
    .inspect()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode === 404) return null;
      throw error;
    });
}

/** Gives `work` an empty folder, which is removed after it. */
export async function inStagingFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-image-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder as a tar stream whose entries belong to root, without the times of this machine. */
export function tarOf(folder: string): NodeJS.ReadableStream {
  const entries = readdirSync(folder);
  return createTar(
    { cwd: folder, portable: true, mtime: new Date(0), sync: false },
    entries,
  ) as unknown as NodeJS.ReadableStream;
}

interface ProgressLine {
  stream?: string;
  error?: string;
}

/** Waits for the end of a build, pull or import. Throws PlatformError with `failure` and what the engine said. */
export function followProgress(docker: Docker, stream: NodeJS.ReadableStream, failure: string): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, lines: ProgressLine[] | undefined) => {
      const message = error?.message ?? lines?.find((line) => line.error)?.error;
      if (message) reject(new PlatformError(`${failure}: ${message}`));
      else resolve();
    });
  });
}

/** One short name for many inputs. */
export function digest(parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex');
}
