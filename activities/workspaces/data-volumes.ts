import { randomUUID } from 'node:crypto';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type ArchiveContent, ArchiveReader } from './archive-digest.ts';
import { tolerate, unlessMissing } from './engine-error.ts';
import {
  assertOwned,
  HOST_LABEL,
  INSTALLATION_LABEL,
  type Owner,
  objectName,
  ownerLabels,
  WORKSPACE_LABEL,
} from './ownership.ts';
import { WorkspaceFailed } from './workspace-failure.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';

/** Labels of the containers that hold a volume while it is copied: for which host, and of which workspace. They are never started. */
const COPY_LABEL = 'leasehold.copy';
const COPY_OF_LABEL = 'leasehold.copy-of';
const LET_GO_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const DATA = '/data';

export interface DataVolumesDeps {
  docker: Docker;
  hostId: string;
  installation: string;
  /** Name of the workspace image. It is never pulled here. */
  image: string;
  /** Makes volumes whose size the kernel limits. Default: limits of storage are soft. */
  storage?: Pick<WorkspaceStorage, 'limited'>;
}

/** The data of workspaces as archives. Nothing of it looks at whether a workspace runs: that is the caller's to know. */
export interface DataVolumes {
  /** Whether this host has data of the workspace. */
  has(workspaceId: string): Promise<boolean>;
  /** A tar archive of all of it. To be read to its end or destroyed. */
  read(workspaceId: string): Promise<Readable>;
  /**
   * Removes what holds volumes for copies, of one workspace or of all: a process that was killed in the middle leaves it. A copy
   * that is under way breaks off.
   */
  letGo(workspaceId?: string): Promise<void>;
  /** What is in it. */
  content(workspaceId: string): Promise<ArchiveContent>;
  /**
   * Makes the volume anew, for `storageMb`, from an archive of `read`, and what was there of it before is gone. Throws `WorkspaceFailed` for a
   * volume of that name that is somebody else's; rejects when the archive breaks off.
   *
   * @param options.beforeChange asked before each change; may throw
   */
  write(
    owner: Owner,
    archive: Readable,
    options: {
      storageMb: number;
      beforeChange: () => Promise<void>;
      signal: AbortSignal;
      onBytes: (bytes: number) => void;
    },
  ): Promise<ArchiveContent>;
}

export function createDataVolumes(deps: DataVolumesDeps): DataVolumes {
  const { docker, hostId, installation, image } = deps;
  const limited = deps.storage?.limited ?? null;

  async function find(workspaceId: string): Promise<Docker.VolumeInspectInfo | null> {
    const volume = await unlessMissing(docker.getVolume(objectName({ installation, workspaceId })).inspect());
    const labels = volume?.Labels;
    const isOurs =
      labels?.[INSTALLATION_LABEL] === installation &&
      labels[HOST_LABEL] === hostId &&
      labels[WORKSPACE_LABEL] === workspaceId;
    return isOurs ? volume : null;
  }

  /** A container that holds the volume: the engine packs and unpacks through one. */
  async function holder(workspaceId: string, purpose: 'read' | 'compare' | 'write'): Promise<Docker.Container> {
    const found = await unlessMissing(docker.getImage(image).inspect());
    if (!found)
      throw new WorkspaceFailed(
        'IMAGE_MISSING',
        `The host does not have the workspace image ${image}; support has to build it.`,
      );
    const name = `leasehold-copy-${randomUUID().slice(0, 8)}-${workspaceId}`;
    return docker.createContainer({
      name,
      Image: found.Id,
      NetworkDisabled: true,
      Labels: { [COPY_LABEL]: `${installation}/${hostId}`, [COPY_OF_LABEL]: workspaceId },
      HostConfig: {
        NetworkMode: 'none',
        Mounts: [
          {
            Type: 'volume',
            Source: objectName({ installation, workspaceId }),
            Target: DATA,
            ReadOnly: purpose !== 'write',
            // An empty volume would get what the image has there.
            VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } },
          },
        ],
      },
    });
  }

  async function letGo(workspaceId?: string): Promise<void> {
    const label = [
      `${COPY_LABEL}=${installation}/${hostId}`,
      ...(workspaceId === undefined ? [] : [`${COPY_OF_LABEL}=${workspaceId}`]),
    ];
    const giveUpAt = Date.now() + LET_GO_WITHIN_MS;
    for (;;) {
      const holders = await docker.listContainers({ all: true, filters: { label } });
      if (holders.length === 0) return;
      if (Date.now() > giveUpAt) throw new Error(`${holders.length} containers hold volumes and can't be removed.`);
      // 409: it is being removed.
      for (const { Id } of holders) await tolerate([404, 409], docker.getContainer(Id).remove({ force: true }));
      await delay(LOOK_AGAIN_MS);
    }
  }

  async function archiveOf(workspaceId: string, purpose: 'read' | 'compare'): Promise<Readable> {
    const container = await holder(workspaceId, purpose);
    const remove = () => void container.remove({ force: true }).catch(() => undefined);
    try {
      const archive = (await container.getArchive({ path: DATA })) as Readable;
      archive.once('close', remove);
      return archive;
    } catch (error) {
      remove();
      throw error;
    }
  }

  async function content(workspaceId: string): Promise<ArchiveContent> {
    const reader = new ArchiveReader();
    for await (const chunk of await archiveOf(workspaceId, 'compare')) reader.push(chunk as Buffer);
    return reader.end();
  }

  return {
    letGo,
    has: async (workspaceId) => (await find(workspaceId)) !== null,
    read: (workspaceId) => archiveOf(workspaceId, 'read'),
    content,

    async write(owner, archive, { storageMb, beforeChange, signal, onBytes }) {
      const { workspaceId } = owner;
      const name = objectName(owner);
      const volume = docker.getVolume(name);
      await letGo(workspaceId);
      const existing = await unlessMissing(volume.inspect());
      if (existing) {
        assertOwned('volume', existing.Labels, owner);
        await beforeChange();
        await unlessMissing(volume.remove());
      }
      await beforeChange();
      if (limited?.has(name)) await limited.remove(name);
      const DriverOpts = await limited?.make(name, storageMb);
      await docker.createVolume({ Name: name, Labels: ownerLabels(owner), ...(DriverOpts && { DriverOpts }) });
      assertOwned('volume', (await volume.inspect()).Labels, owner);

      const container = await holder(workspaceId, 'write');
      try {
        const received = new ArchiveReader();
        const broken = new AbortController();
        const passing = new PassThrough();
        pipeline(archive, passing, (error) => error && broken.abort(error));
        passing.on('data', (chunk: Buffer) => {
          onBytes(chunk.length);
          try {
            received.push(chunk);
          } catch (error) {
            broken.abort(error);
          }
        });
        passing.pause();
        await container.putArchive(passing, {
          path: '/',
          abortSignal: AbortSignal.any([signal, broken.signal]),
        });
        broken.signal.throwIfAborted();
        const sent = received.end();
        const stored = await content(workspaceId);
        if (stored.digest !== sent.digest)
          throw new Error(`The copy differs: ${sent.entries} entries were received, ${stored.entries} are there.`);
        return stored;
      } finally {
        await tolerate([404, 409], container.remove({ force: true })).catch(() => undefined);
      }
    },
  };
}
