import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Logger } from '#telemetry/logger.ts';
import { hasFile } from './container-file.ts';
import { isEngineUnreachable, tolerate } from './engine-error.ts';
import { createLimitedStorage, type LimitedStorage, whyNotLimited } from './limited-storage.ts';

/** How the storage of workspaces is limited on a host. */
export interface WorkspaceStorage {
  /** `null` where limits are soft: use is measured, and nothing stops a workspace from going past them at once. */
  limited: LimitedStorage | null;
  /** Why they are soft, for operators. */
  softBecause: string | null;
}

export interface WorkspaceStorageDeps {
  docker: Docker;
  dockerHost: string;
  /** Folder on the engine's machine for file systems with a limit; without one limits are soft. */
  folder: string | undefined;
  /** Name of the workspace image, to try it with. */
  image: string;
  log: Logger;
}

/** Finds out whether storage can be limited here: it is tried, through the engine. Rejects when the engine does not answer, and without space: that says nothing of later. */
export async function findWorkspaceStorage(deps: WorkspaceStorageDeps): Promise<WorkspaceStorage> {
  const { folder, log } = deps;
  const softBecause = whyNotLimited(deps.dockerHost, folder) ?? (await whyNotSeen(deps, folder ?? ''));
  if (softBecause) log.warn({ softBecause }, 'storage limits are soft on this host: use is measured');
  return { limited: softBecause ? null : createLimitedStorage(folder ?? ''), softBecause };
}

/** An engine in another mount name space has the folder, and not what is mounted in it. */
async function whyNotSeen({ docker, image }: WorkspaceStorageDeps, folder: string): Promise<string | null> {
  const storage = createLimitedStorage(folder);
  const name = `try-${randomUUID().slice(0, 8)}`;
  let container: Docker.Container | undefined;
  try {
    const DriverOpts = await storage.make(name, 16);
    await writeFile(join(DriverOpts.device ?? '', 'seen'), '');
    await docker.createVolume({ Name: name, DriverOpts });
    container = await docker.createContainer({
      Image: image,
      NetworkDisabled: true,
      HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/data' }] },
    });
    return (await hasFile(container, '/data/seen')) ? null : 'The engine does not see what its worker mounts.';
  } catch (error) {
    if (isEngineUnreachable(error) || isDiskFull(error)) throw error;
    return `A file system with a limit could not be used: ${error instanceof Error ? error.message : error}`;
  } finally {
    if (container) await container.remove({ force: true }).catch(() => undefined);
    await tolerate([404], docker.getVolume(name).remove()).catch(() => undefined);
    await storage.remove(name).catch(() => undefined);
  }
}

/** Also as a program says it that was run for it. */
function isDiskFull(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk quota/i.test(message ?? '');
}
