import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import type { StorageUse } from '#domain/account-state.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import type { Logger } from '#telemetry/logger.ts';
import { unlessMissing } from './engine-error.ts';
import type { HostReporter } from './host-reporter.ts';
import type { HostStore, StoredWish } from './host-store.ts';
import { objectName } from './ownership.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';

const run = promisify(execFile);
const { programOutputBytes, programWithinMs } = SIZE_LIMITS.engine;
const NEAR = 0.9;
const OVER = 1.1;
/** Use is told again when it has changed by this part of the limit. */
const TOLD_STEP = 0.05;

export interface MeasureStorageDeps {
  docker: Docker;
  store: Pick<HostStore, 'readSettledWishes' | 'recordIncident' | 'isPaused'>;
  reporter: HostReporter;
  storage: WorkspaceStorage;
  installation: string;
  log: Logger;
}

export interface StorageMeasuring {
  stop(): Promise<void>;
}

/** `near` from 90 % of the limit on, `over` from 110 % on: there a soft limit ends the workspace's run. */
export function storageState(usedMb: number, limitMb: number): StorageUse['state'] {
  if (usedMb >= limitMb * OVER) return 'over';
  return usedMb >= limitMb * NEAR ? 'near' : 'ok';
}

/**
 * Measures what each workspace of this host stores, one after the other, running or not, and tells its workflow when its
 * state or its use has changed. A file system with a limit knows what is in it; else the files of the volume are counted on
 * the engine's machine, or, from another one, inside the container while it runs.
 *
 * @param options.everyMs from one round to the next; default five minutes
 */
export function startMeasuringStorage(
  deps: MeasureStorageDeps,
  { everyMs = 5 * 60_000 }: { everyMs?: number } = {},
): StorageMeasuring {
  const { docker, store, storage, log } = deps;
  const stopping = new AbortController();
  const told = new Map<string, StorageUse & { generation: number }>();

  async function round(): Promise<void> {
    if (await store.isPaused()) return;
    for (const wish of await store.readSettledWishes()) {
      if (stopping.signal.aborted) return;
      if (wish.desired.state === 'deleted') continue;
      await measure(wish).catch((err: unknown) =>
        log.info({ err, workspaceId: wish.workspaceId }, 'the storage of a workspace could not be measured'),
      );
    }
  }

  async function measure(wish: StoredWish): Promise<void> {
    const { accountId, workspaceId, generation, desired } = wish;
    const name = objectName({ installation: deps.installation, workspaceId });
    const usedMb = await readUsedMb(name);
    if (usedMb === null) return;
    const limitMb = desired.size.storageMb;
    const use: StorageUse = { usedMb, limitMb, state: storageState(usedMb, limitMb) };
    const before = told.get(workspaceId);
    const isNews =
      before?.state !== use.state ||
      before.limitMb !== limitMb ||
      Math.abs(before.usedMb - usedMb) >= limitMb * TOLD_STEP;
    if (!isNews) return;
    told.set(workspaceId, { ...use, generation });
    const now = new Date();
    const reportId = `storage/${workspaceId}/${now.getTime()}`;
    if (use.state === 'over' && before?.state !== 'over') {
      await store.recordIncident({
        ...{ id: reportId, workspaceId, at: now, kind: 'storage' },
        ...{ exitCode: null, outOfMemory: false, lastLines: [] },
      });
    }
    await deps.reporter.tell(accountId, { reportId, workspaceId, generation, saw: { kind: 'storage', ...use } });
  }

  async function readUsedMb(name: string): Promise<number | null> {
    if (storage.limited?.has(name)) return (await storage.limited.measure(name)).usedMb;
    const volume = await unlessMissing(docker.getVolume(name).inspect());
    if (!volume) return null;
    const { Mountpoint } = volume;
    if (process.getuid?.() === 0 && existsSync(Mountpoint)) {
      const { stdout } = await run('du', ['-skx', Mountpoint], { timeout: programWithinMs });
      return megabytes(stdout);
    }
    const container = docker.getContainer(name);
    const found = await unlessMissing(container.inspect());
    if (!found?.State.Running) return null;
    const exec = await container.exec({ Cmd: ['du', '-skx', '/data'], AttachStdout: true, Tty: true });
    const output = addAbortSignal(AbortSignal.timeout(programWithinMs), await exec.start({ Tty: true }));
    // What can't be read is complained of, line by line; the sum is the last.
    let said = '';
    for await (const chunk of output) said = (said + String(chunk)).slice(-programOutputBytes);
    return megabytes(said);
  }

  const measuring = (async () => {
    while (!stopping.signal.aborted) {
      await round().catch((err: unknown) => log.warn({ err }, 'the storage of this host could not be measured'));
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await measuring;
    },
  };
}

/** The last line of `du -sk` that begins with a number. */
function megabytes(said: string): number | null {
  const kilobytes = said
    .split('\n')
    .flatMap((line) => /^(\d+)\s/.exec(line)?.[1] ?? [])
    .at(-1);
  return kilobytes === undefined ? null : Math.ceil(Number(kilobytes) / 1024);
}
