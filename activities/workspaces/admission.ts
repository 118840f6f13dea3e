import type Docker from 'dockerode';
import type { PendingResize } from '#domain/account-state.ts';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { countText, sizeText } from '#domain/size-words.ts';
import { unlessMissing } from './engine-error.ts';
import type { HostCapacity } from './host-capacity.ts';
import { HOST_LABEL, INSTALLATION_LABEL, WORKSPACE_LABEL } from './ownership.ts';
import { memoryMbOf, sizeInForce } from './workspace-container.ts';

export interface AdmissionDeps {
  docker: Docker;
  capacity: HostCapacity;
  hostId: string;
  installation: string;
}

/** The size that a container may have now, and the one that has to wait, if any. */
export interface Admitted {
  size: WorkspaceSize;
  pending: PendingResize | null;
}

export interface Admission {
  /**
   * Gives `apply` the size that an existing container may have: the wanted one, or the one that it has when the host has no
   * room for more. Only growth is refused: a host whose capacity was lowered takes nothing away. Memory must be free of
   * what the host's other running workspaces may use, CPU time is shared and must only be there.
   *
   * Those whose memory grows follow one another until `apply` ends, so that two never get the same room.
   */
  admit<T>(
    container: Docker.ContainerInspectInfo,
    wanted: WorkspaceSize,
    apply: (admitted: Admitted) => Promise<T>,
  ): Promise<T>;
}

/** Admission control of a host: Docker itself accepts limits far beyond its machine. One for each host. */
export function createAdmission(deps: AdmissionDeps): Admission {
  let lastGrowth: Promise<unknown> = Promise.resolve();

  return {
    async admit(container, wanted, apply) {
      const current = sizeInForce(container, wanted);
      const growsMemory = wanted.memoryMb > current.memoryMb;
      const look = async () => apply(await decide(container, current, wanted));
      if (!growsMemory) return look();
      const growth = lastGrowth.then(look);
      lastGrowth = growth.catch(() => undefined);
      return growth;
    },
  };

  async function decide(
    container: Docker.ContainerInspectInfo,
    current: WorkspaceSize,
    wanted: WorkspaceSize,
  ): Promise<Admitted> {
    const { capacity } = deps;
    const lacks: string[] = [];
    if (wanted.memoryMb > current.memoryMb) {
      const freeMb = Math.max(0, capacity.memoryMb - (await memoryMbOfOthers(container)));
      if (wanted.memoryMb > freeMb) {
        const [all, free, needed] = [capacity.memoryMb, freeMb, wanted.memoryMb].map(countText);
        lacks.push(`This host has ${all} MB, ${free} MB of them free; ${needed} MB are needed.`);
      }
    }
    if (wanted.cpuPercent > current.cpuPercent && wanted.cpuPercent > capacity.cpuPercent) {
      lacks.push(`This host has ${cpu(capacity.cpuPercent)}; ${cpu(wanted.cpuPercent)} are needed.`);
    }
    if (lacks.length === 0) return { size: wanted, pending: null };
    const reason = [...lacks, `The workspace keeps ${whatItKeeps(current, wanted)}.`].join(' ');
    return { size: current, pending: { size: wanted, reason } };
  }

  /** The limits of this host's other workspaces that run. */
  async function memoryMbOfOthers(container: Docker.ContainerInspectInfo): Promise<number> {
    const { docker, hostId, installation } = deps;
    const label = [`${INSTALLATION_LABEL}=${installation}`, `${HOST_LABEL}=${hostId}`];
    const status = ['running', 'paused', 'restarting'];
    const running = await docker.listContainers({ filters: { label, status } });
    const workspaceId = container.Config.Labels[WORKSPACE_LABEL];
    const others = running.filter(({ Labels }) => Labels[WORKSPACE_LABEL] !== workspaceId);
    const inspected = await Promise.all(others.map(({ Id }) => unlessMissing(docker.getContainer(Id).inspect())));
    return inspected.reduce((sum, each) => sum + (each ? memoryMbOf(each) : 0), 0);
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
