import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ConvergeInput, ConvergeResult } from '#activities/contracts.ts';
import type { PendingResize } from '#domain/account-state.ts';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { SHRINK_HEADROOM } from '#domain/size-preview.ts';
import { countText } from '#domain/size-words.ts';
import type { Logger } from '#telemetry/logger.ts';
import { createAdmission } from './admission.ts';
import { lastLogLines } from './container-log.ts';
import { engineMessage, isEngineError, tolerate, unlessMissing } from './engine-error.ts';
import { isGatewayHealthy } from './gateway-health.ts';
import { assertFits, type HostCapacity } from './host-capacity.ts';
import type { RecordIncident } from './incident.ts';
import { createLatestWins } from './latest-wins.ts';
import { workingSetMb } from './memory-use.ts';
import { assertOwned, isOwned, type Owner, objectName, ownerLabels } from './ownership.ts';
import {
  type ContainerSpec,
  containerOptions,
  dockerLimits,
  hasLimits,
  matchesSpec,
  memoryMbOf,
  sizeInForce,
} from './workspace-container.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';
import { createWorkspaceNetworks } from './workspace-network.ts';
import type { WorkspaceStorage } from './workspace-storage.ts';
import { workspaceToken } from './workspace-token.ts';

/** SIGTERM, then this long until SIGKILL. */
const STOP_GRACE_SECONDS = 10;
const HEALTH_POLL_MS = 200;
/** The world may change between inspect and act; then it is inspected again, this often. */
const ROUNDS = 4;
const LOG_LINES = 8;
const NOTHING_ENDED = { exitCode: null, outOfMemory: false };

export interface ConvergeDeps {
  docker: Docker;
  /** `workspace.desired_generation` as stored now; `null` when the workspace is not stored. */
  readDesiredGeneration: (workspaceId: string) => Promise<number | null>;
  hostId: string;
  /** Tells installations on one engine apart; never changes. */
  installation: string;
  /** Name of the workspace image. It is never pulled here. */
  image: string;
  capacity: HostCapacity;
  /** Gets the last words of one that never answered. What ends by itself is seen by the watch of the engine's events. */
  recordIncident: RecordIncident;
  /** Makes the data volumes of new workspaces. Default: limits of storage are soft. */
  storage?: Pick<WorkspaceStorage, 'limited'>;
  /** IPv4 block of the workspaces' networks, such as `10.201.0.0/16`. */
  subnetPool: string;
  /** `LEASEHOLD_INTERNAL_TOKEN`, from which gateway tokens are derived. */
  internalToken: string;
  log: Logger;
  /** How long a started workspace may take until its gateway answers, in milliseconds. Default 45,000. */
  healthyWithinMs?: number;
}

/** What a caller adds to one attempt. */
export interface Attempt {
  /** Aborted when the attempt is no longer wanted; nothing is changed after that. */
  signal?: AbortSignal;
  /** Called at each step with its name. */
  onStep?: (step: string) => void;
}

export type ConvergeWorkspace = (input: ConvergeInput, attempt?: Attempt) => Promise<ConvergeResult>;

/**
 * Brings one workspace of this host to what it should be: inspects Docker, acts, inspects again. Safe at any time from any
 * state. Calls for one workspace run one after the other and the newest generation wins; before each mutation the stored
 * generation is compared.
 *
 * A container that is there and can't have the size of the wish now keeps the one that it has and goes on with it: the
 * result says which is in force and which waits (`pending`). One that there is no room to start stays down, and the result
 * says so: not running, `pending` with the numbers. One that is new fails when it is larger than the whole host.
 *
 * The restart policy is the engine's memory of what should run: `unless-stopped` while it should, `no` before it is
 * stopped. Throws `StaleGeneration`, `WorkspaceFailed`, and what dockerode throws when the engine does not answer.
 */
export function createConvergeWorkspace(deps: ConvergeDeps): ConvergeWorkspace {
  const { docker, log } = deps;
  const lanes = createLatestWins();
  const networks = createWorkspaceNetworks(docker, deps.subnetPool);
  const admission = createAdmission(deps);
  const limited = deps.storage?.limited ?? null;

  return (input, attempt = {}) =>
    lanes.run(input.workspaceId, input.generation, async (newest) => {
      const actions = new Set<ConvergeResult['actions'][number]>();
      for (let round = 1; ; round += 1) {
        try {
          return await convergeOnce(input, attempt, newest, actions);
        } catch (error) {
          if (!hasChangedUnderUs(error) || round === ROUNDS) throw error;
          log.info(
            { workspaceId: input.workspaceId, round, err: error },
            'the workspace changed under us; looking again',
          );
          await delay(100 * round);
        }
      }
    });

  async function convergeOnce(
    input: ConvergeInput,
    attempt: Attempt,
    newest: () => number,
    actions: Set<ConvergeResult['actions'][number]>,
  ): Promise<ConvergeResult> {
    const { accountId, workspaceId, generation, desired } = input;
    const owner: Owner = { installation: deps.installation, hostId: deps.hostId, accountId, workspaceId };
    const name = objectName(owner);
    let pending: PendingResize | null = null;
    /** Of a limit that the kernel keeps; `null` where it is soft. */
    let storageMb: number | null = null;
    let storageWaits: string | null = null;

    switch (desired.state) {
      case 'running':
        return report(await run());
      case 'stopped':
        return report(await stop());
      case 'deleted':
        return report(await remove());
    }

    function report(container: Docker.ContainerInspectInfo | null): ConvergeResult {
      const state = container === null ? 'absent' : container.State.Running ? 'running' : 'stopped';
      const size =
        container && sizeInForce(container, { ...desired.size, storageMb: storageMb ?? desired.size.storageMb });
      const storageLimit = container && (limited?.has(name) ? 'hard' : 'soft');
      return {
        state,
        containerId: container?.Id ?? null,
        reason: null,
        size,
        storageLimit,
        pending,
        actions: [...actions],
        ...(storageWaits === null ? {} : { storageWaits }),
      };
    }

    /** Still wanted? Asked before every mutation. */
    async function beforeChange(): Promise<void> {
      attempt.signal?.throwIfAborted();
      if (newest() > generation) throw new StaleGeneration(generation, newest());
      const stored = await readStoredGeneration(workspaceId);
      const isStale = stored === null ? desired.state !== 'deleted' : stored > generation;
      if (isStale) throw new StaleGeneration(generation, stored);
      attempt.signal?.throwIfAborted();
    }

    /** Its errors must not be taken for Docker's: both have a refused connection in common. */
    async function readStoredGeneration(id: string): Promise<number | null> {
      try {
        return await deps.readDesiredGeneration(id);
      } catch (cause) {
        throw new Error('The stored wish for the workspace could not be read.', { cause });
      }
    }

    async function change<T>(step: string, mutation: () => Promise<T>): Promise<T> {
      attempt.onStep?.(step);
      await beforeChange();
      log.info({ workspaceId, generation, step }, 'changing a workspace');
      return mutation();
    }

    async function find(): Promise<Docker.ContainerInspectInfo | null> {
      const container = await unlessMissing(docker.getContainer(name).inspect());
      if (container) assertOwned('container', container.Config.Labels, owner);
      return container;
    }

    async function run(): Promise<Docker.ContainerInspectInfo | null> {
      const found = await find();
      if (!found) assertFits(desired.size, deps.capacity);
      const starts = !found?.State.Running;
      const handle = await admission.admit(
        { workspaceId, container: found, wanted: desired.size, starts },
        async (admitted) => {
          pending = admitted.pending;
          return admitted.mayRun ? bringUp(found, admitted.size) : null;
        },
      );
      if (!handle) return found && keepDown(found);
      // Nothing was done to it: a workspace that is busy for a while is not stopped for that.
      if (pending && actions.size === 0) return handle.inspect();
      return healthy(handle);
    }

    /** Without room for it: the engine must not start it either. */
    async function keepDown(container: Docker.ContainerInspectInfo): Promise<Docker.ContainerInspectInfo> {
      await halt(container);
      return mustFind();
    }

    /** A container of this size that runs; the one that was found where that can be. */
    async function bringUp(found: Docker.ContainerInspectInfo | null, size: WorkspaceSize): Promise<Docker.Container> {
      const networkId = await networks.ensure(owner, beforeChange);
      await ensureVolume();
      await sizeStorage(!found?.State.Running);
      const spec = await currentSpec();
      let container = found;
      if (container && !container.State.Running) {
        const fits =
          matchesSpec(container, spec) && container.HostConfig.NetworkMode === networkId && !container.State.Dead;
        if (!fits) {
          const outdated = docker.getContainer(container.Id);
          await change('replace', () => unlessMissing(outdated.remove({ force: true })));
          container = null;
        }
      }
      if (!container) {
        await change('create', () => refused(docker.createContainer(containerOptions(spec, size, networkId))));
        actions.add('created');
        container = await mustFind();
      } else if (!hasLimits(container, size)) {
        container = await resize(container, size);
      }

      const handle = docker.getContainer(container.Id);
      if (container.HostConfig.RestartPolicy?.Name !== 'unless-stopped') {
        await change('keep', () => handle.update({ RestartPolicy: { Name: 'unless-stopped' } }));
      }
      if (container.State.Paused) await change('unpause', () => handle.unpause());
      if (!container.State.Running) {
        await change('start', () => started(handle));
        actions.add('started');
      }
      return handle;
    }

    async function stop(): Promise<Docker.ContainerInspectInfo | null> {
      const container = await find();
      if (!container) return null;
      await halt(container);
      const halted = await mustFind();
      const request = { workspaceId, container: halted, wanted: desired.size, starts: false };
      await admission.admit(request, async (admitted) => {
        pending = admitted.pending;
        if (!hasLimits(halted, admitted.size)) await resize(halted, admitted.size);
      });
      await sizeStorage(true);
      return find();
    }

    /** Down, and down after a restart of the engine too. */
    async function halt(container: Docker.ContainerInspectInfo): Promise<void> {
      const handle = docker.getContainer(container.Id);
      if (container.HostConfig.RestartPolicy?.Name !== 'no') {
        await change('release', () => handle.update({ RestartPolicy: { Name: 'no' } }));
      }
      if (!container.State.Running) return;
      if (container.State.Paused) await change('unpause', () => handle.unpause());
      await change('stop', () => tolerate([304], handle.stop({ t: STOP_GRACE_SECONDS })));
      actions.add('stopped');
    }

    /** Takes away what is ours; then speaks up when something with our name is not. */
    async function remove(): Promise<null> {
      const container = await unlessMissing(docker.getContainer(name).inspect());
      if (container && isOwned(container.Config.Labels, owner)) {
        if (container.State.Running) await halt(container);
        await change('remove container', () =>
          unlessMissing(docker.getContainer(container.Id).remove({ force: true })),
        );
        actions.add('deleted');
      }
      if (await networks.remove(owner, beforeChange)) actions.add('deleted');
      const volume = await unlessMissing(docker.getVolume(name).inspect());
      if (volume && isOwned(volume.Labels, owner)) {
        await change('remove volume', () => unlessMissing(docker.getVolume(name).remove()));
        actions.add('deleted');
      }
      if (limited?.has(name) && !(await unlessMissing(docker.getVolume(name).inspect()))) {
        await change('remove storage', () => limited.remove(name));
      }
      if (container) await find();
      await networks.assertOurs(owner);
      if (volume) assertOwned('volume', volume.Labels, owner);
      return null;
    }

    /** An existing volume is handed back by "create" whatever its labels, so they are read before and after. */
    async function ensureVolume(): Promise<void> {
      const volume = docker.getVolume(name);
      if (!(await unlessMissing(volume.inspect()))) {
        await change('create volume', async () => {
          const DriverOpts = await limited?.make(name, desired.size.storageMb);
          await docker.createVolume({ Name: name, Labels: ownerLabels(owner), ...(DriverOpts && { DriverOpts }) });
        });
      }
      assertOwned('volume', (await volume.inspect()).Labels, owner);
    }

    /** A limit that the kernel keeps is given the wished size; what has to wait for the next start is said. */
    async function sizeStorage(isIdle: boolean): Promise<void> {
      if (!limited?.has(name)) return;
      const wanted = desired.size.storageMb;
      const { limitMb, usedMb } = await change('storage', () => limited.prepare(name, wanted, isIdle));
      if (limitMb === wanted) return;
      storageMb = limitMb;
      const kept = `It has ${countText(limitMb)} MB until then.`;
      storageWaits =
        limitMb > wanted && isIdle
          ? `${countText(wanted)} MB of storage are wished and ${countText(usedMb)} MB are in use. It keeps ${countText(limitMb)} MB until less is stored.`
          : `Its storage is changed to ${countText(wanted)} MB when it is started next. ${kept}`;
    }

    async function currentSpec(): Promise<ContainerSpec> {
      const image = await unlessMissing(docker.getImage(deps.image).inspect());
      if (!image) {
        throw new WorkspaceFailed(
          'IMAGE_MISSING',
          `The host does not have the workspace image ${deps.image}; support has to build it.`,
        );
      }
      return { owner, imageId: image.Id, token: workspaceToken(deps.internalToken, workspaceId) };
    }

    /** Gives it the new limits, or, while it uses more than they allow, leaves it as it is. */
    async function resize(
      container: Docker.ContainerInspectInfo,
      size: WorkspaceSize,
    ): Promise<Docker.ContainerInspectInfo> {
      const handle = docker.getContainer(container.Id);
      const shrinks = memoryMbOf(container) > size.memoryMb;
      const usedMb = container.State.Running && shrinks ? await readUsedMb(handle) : 0;
      if (usedMb > size.memoryMb * SHRINK_HEADROOM) return keep(container, `${countText(usedMb)} MB`);
      try {
        await change('resize', () => refused(handle.update(dockerLimits(size))));
      } catch (error) {
        if (!isMemoryInUse(error)) throw error;
        return keep(container, 'more than that');
      }
      const resized = await mustFind();
      if (!hasLimits(resized, size)) {
        throw new WorkspaceFailed('LIMITS_REFUSED', 'The engine took the new limits and does not show them.');
      }
      actions.add('resized');
      return resized;
    }

    function keep(container: Docker.ContainerInspectInfo, used: string): Docker.ContainerInspectInfo {
      const [kept, wanted] = [memoryMbOf(container), desired.size.memoryMb].map(countText);
      const reason = `The new limit is ${wanted} MB and the workspace uses ${used}. It keeps ${kept} MB until less is in use.`;
      pending = { size: desired.size, reason };
      return container;
    }

    async function readUsedMb(handle: Docker.Container): Promise<number> {
      return Math.ceil(workingSetMb(await handle.stats({ stream: false, 'one-shot': true })));
    }

    async function healthy(handle: Docker.Container): Promise<Docker.ContainerInspectInfo> {
      attempt.onStep?.('wait for the gateway');
      const limitMs = deps.healthyWithinMs ?? 45_000;
      const deadline = Date.now() + limitMs;
      let restarts: number | null = null;
      for (;;) {
        const container = await handle.inspect();
        restarts ??= container.RestartCount;
        const crashed = !container.State.Running || container.State.Restarting || container.RestartCount > restarts;
        if (!crashed && (await isGatewayHealthy(container))) return handle.inspect();
        if (crashed || Date.now() > deadline) throw await givenUp(container, crashed, limitMs);
        attempt.signal?.throwIfAborted();
        if (newest() > generation) throw new StaleGeneration(generation, newest());
        await delay(HEALTH_POLL_MS);
      }
    }

    /** A workspace that failed is down, so that it neither restarts for ever nor counts as running. */
    async function givenUp(
      container: Docker.ContainerInspectInfo,
      crashed: boolean,
      limitMs: number,
    ): Promise<WorkspaceFailed> {
      const lastLines = crashed ? [] : await lastLogLines(docker, container.Id, LOG_LINES).catch(() => []);
      await halt(container);
      const { ExitCode: exitCode, StartedAt } = container.State;
      if (!crashed) {
        const id = `not-healthy/${container.Id.slice(0, 12)}/${StartedAt}`;
        await deps
          .recordIncident({ ...NOTHING_ENDED, id, workspaceId, at: new Date(), kind: 'not-healthy', lastLines })
          .catch((err: unknown) => log.warn({ err, workspaceId }, 'an incident could not be written down'));
      }
      const killed = container.State.OOMKilled ? `, killed for memory at ${memoryMbOf(container)} MB` : '';
      const what = crashed
        ? `The workspace ended after its start (exit code ${exitCode}${killed}).`
        : `The workspace did not answer within ${Math.round(limitMs / 1000)} s after its start.`;
      return new WorkspaceFailed('NOT_HEALTHY', what, { exitCode });
    }

    async function mustFind(): Promise<Docker.ContainerInspectInfo> {
      const container = await docker.getContainer(name).inspect();
      assertOwned('container', container.Config.Labels, owner);
      return container;
    }
  }
}

/** Somebody else changed what we had just looked at; a network that two made at once is "ambiguous" until one is gone. */
function hasChangedUnderUs(error: unknown): boolean {
  return (
    isEngineError(error, 404, 409) ||
    isLeftBehind(error) ||
    (isEngineError(error, 400) && engineMessage(error).includes('is ambiguous'))
  );
}

/**
 * An engine that was killed while it started a container may have left a task of it behind, which it does not know and can't
 * start again: the container is made anew, with the same data.
 */
async function started(handle: Docker.Container): Promise<void> {
  try {
    await tolerate([304], handle.start());
  } catch (error) {
    if (!isLeftBehind(error)) throw error;
    await unlessMissing(handle.remove({ force: true }));
    throw error;
  }
}

function isLeftBehind(error: unknown): boolean {
  return isEngineError(error, 500) && /^task .* already exists/.test(engineMessage(error));
}

/** Limits that the engine will not have. */
async function refused<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (isEngineError(error, 400) && !hasChangedUnderUs(error)) {
      throw new WorkspaceFailed('LIMITS_REFUSED', `The engine refused the workspace: ${engineMessage(error)}`);
    }
    throw error;
  }
}

/** On cgroup v1 the kernel refuses a memory limit below what is in use, and nothing of the call is done. */
function isMemoryInUse(error: unknown): boolean {
  return isEngineError(error, 500) && /memory limit|device or resource busy/i.test(engineMessage(error));
}
