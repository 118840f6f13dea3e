import type Docker from 'dockerode';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { WorkspaceFailed } from './workspace-failure.ts';

const MEBIBYTE = 1024 * 1024;

/** What a host has for its workspaces. Docker itself accepts limits far beyond it. */
export interface HostCapacity {
  memoryMb: number;
  /** Percent of one core: 400 is four cores. */
  cpuPercent: number;
}

/** The capacity of the engine's machine; a setting may say otherwise for either number. */
export async function readHostCapacity(docker: Docker, settings: Partial<HostCapacity> = {}): Promise<HostCapacity> {
  const info: { NCPU: number; MemTotal: number } = await docker.info();
  return {
    memoryMb: settings.memoryMb ?? Math.floor(info.MemTotal / MEBIBYTE),
    cpuPercent: settings.cpuPercent ?? info.NCPU * 100,
  };
}

/** For a workspace that is new to its host: throws `WorkspaceFailed` with both numbers when it is larger than the whole host. */
export function assertFits(size: WorkspaceSize, capacity: HostCapacity): void {
  const tooLarge = [
    size.memoryMb > capacity.memoryMb && `${size.memoryMb} MB of memory where the host has ${capacity.memoryMb} MB`,
    size.cpuPercent > capacity.cpuPercent &&
      `${size.cpuPercent / 100} CPUs where the host has ${capacity.cpuPercent / 100}`,
  ].filter((part) => part !== false);
  if (tooLarge.length > 0) {
    throw new WorkspaceFailed('HOST_TOO_SMALL', `The workspace needs ${tooLarge.join(' and ')}.`, { size, capacity });
  }
}
