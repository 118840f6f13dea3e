import type Docker from 'dockerode';
import type { PendingResize } from '#domain/account-state.ts';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { countText, sizeText } from '#domain/size-words.ts';
import { unlessMissing } from './engine-error.ts';
import type { HostCapacity } from './host-capacity.ts';
import { HOST_LABEL, INSTALLATION_LABEL, WORKSPACE_LABEL } from './ownership.ts';
import { memoryMbOf, sizeInForce } from './workspace-container.ts';

/** Limits of other containers are read off the engine again after this long: somebody else may have changed them. */
const LIMITS_KEPT_MS = 60_000;

export interface AdmissionDeps {
  docker: Docker;
  capacity: HostCapacity;
  hostId: string;
  installation: string;
}

/** What is asked for. */
export interface Request {
  workspaceId: string;
  /** As found, or `null` when it is to be made. */
  container: Docker.ContainerInspectInfo | null;
  wanted: WorkspaceSize;
  /** It does not run now and is to run. */
  starts: boolean;
}

/** The size that a container may have now, and the one that has to wait, if any. */
export interface Admitted {
  size: WorkspaceSize;
  pending: PendingResize | null;
  /** `false`: there is no room to run it at all now. */
  mayRun: boolean;
}

export interface Admission {
  /**
   * Gives `apply` the size that a container may have: the wanted one, or the one that it has when the host has no room for
   * more. What starts or grows needs memory that is free of what the host's other running workspaces may use; CPU time is
   * shared and must only be there. One that runs is never refused what it has: a host whose capacity was lowered takes
   * nothing away from it.
   *
   * Memory that was given counts as used until `apply` ends and the engine shows it, so that two never get the same room.
   */
  admit<T>(request: Request, apply: (admitted: Admitted) => Promise<T>): Promise<T>;
}

/** Admission control of a host: Docker itself accepts limits far beyond its machine. One for each host. */
export function createAdmission(deps: AdmissionDeps): Admission {
  const { capacity } = deps;
  /** By workspace: memory of those that are being started or grown, in MB. */
  const given = new Map<string, number>();
  /** By container: memory limit as last read. */
  const limits = new Map<string, { memoryMb: number; readAt: number }>();
  let lastDecision: Promise<unknown> = Promise.resolve();

  return {
    async admit(request, apply) {
      const { workspaceId, container, wanted, starts } = request;
      const takesMemory = starts || !container || wanted.memoryMb > memoryMbOf(container);
      if (!takesMemory) {
        const admitted = decide(request, Number.POSITIVE_INFINITY);
        return apply(admitted).finally(() => limits.delete(container.Id));
      }
      const decision = lastDecision.then(async () => {
        const admitted = decide(request, Math.max(0, capacity.memoryMb - (await memoryMbOfOthers(workspaceId))));
        if (admitted.mayRun) given.set(workspaceId, admitted.size.memoryMb);
        return admitted;
      });
      lastDecision = decision.catch(() => undefined);
      try {
        return await apply(await decision);
      } finally {
        given.delete(workspaceId);
        if (container) limits.delete(container.Id);
      }
    },
  };

  function decide({ container, wanted, starts }: Request, freeMb: number): Admitted {
    const current = container && sizeInForce(container, wanted);
    const lacks: string[] = [];
    if (wanted.memoryMb > freeMb) {
      const [all, free, needed] = [capacity.memoryMb, freeMb, wanted.memoryMb].map(countText);
      lacks.push(`This host has ${all} MB, ${free} MB of them free; ${needed} MB are needed.`);
    }
    if (wanted.cpuPercent > (current?.cpuPercent ?? 0) && wanted.cpuPercent > capacity.cpuPercent) {
      lacks.push(`This host has ${cpu(capacity.cpuPercent)}; ${cpu(wanted.cpuPercent)} are needed.`);
    }
    if (lacks.length === 0) return { size: wanted, pending: null, mayRun: true };
    const mayRun = current !== null && (!starts || current.memoryMb <= freeMb);
    const meanwhile =
      current && mayRun
        ? `The workspace keeps ${whatItKeeps(current, wanted)}.`
        : 'The workspace is started as soon as there is room.';
    return {
      size: current ?? wanted,
      pending: { size: wanted, reason: [...lacks, meanwhile].join(' ') },
      mayRun,
    };
  }

  /** The limits of this host's other workspaces that run, and of those that are about to. */
  async function memoryMbOfOthers(workspaceId: string): Promise<number> {
    const { docker, hostId, installation } = deps;
    // Before the engine is asked: one that starts meanwhile is in one of both.
    const memoryMb = new Map(given);
    const label = [`${INSTALLATION_LABEL}=${installation}`, `${HOST_LABEL}=${hostId}`];
    const status = ['running', 'paused', 'restarting'];
    const running = await docker.listContainers({ filters: { label, status } });
    for (const id of limits.keys()) if (!running.some(({ Id }) => Id === id)) limits.delete(id);
    await Promise.all(
      running.map(async ({ Id, Labels }) => {
        const id = Labels[WORKSPACE_LABEL] ?? Id;
        memoryMb.set(id, Math.max(memoryMb.get(id) ?? 0, await memoryLimitMb(Id)));
      }),
    );
    memoryMb.delete(workspaceId);
    return [...memoryMb.values()].reduce((sum, each) => sum + each, 0);
  }

  async function memoryLimitMb(containerId: string): Promise<number> {
    const known = limits.get(containerId);
    if (known && Date.now() - known.readAt < LIMITS_KEPT_MS) return known.memoryMb;
    const container = await unlessMissing(deps.docker.getContainer(containerId).inspect());
    const memoryMb = container ? memoryMbOf(container) : 0;
    limits.set(containerId, { memoryMb, readAt: Date.now() });
    return memoryMb;
  }
}

function whatItKeeps(current: WorkspaceSize, wanted: WorkspaceSize): string {
  const kept = [];
  if (current.memoryMb !== wanted.memoryMb) kept.push(`${countText(current.memoryMb)} MB`);
  if (current.cpuPercent !== wanted.cpuPercent) kept.push(cpu(current.cpuPercent));
  return kept.join(' and ');
}

function cpu(percent: number): string {
  return sizeText('cpuPercent', percent);
}
