import type Docker from 'dockerode';
import { workingSetMb } from '#activities/workspaces/memory-use.ts';

const MEBIBYTE = 1024 * 1024;

/** What the engine said of a running container at one moment. Its counters begin at 0 with each start. */
export interface ContainerReading {
  containerId: string;
  /** Milliseconds since 1970, the engine's clock, as `atMs`. */
  startedAtMs: number;
  atMs: number;
  cpuNs: number;
  memoryMb: number;
  networkInBytes: number;
  networkOutBytes: number;
  /** Percent of one core that it may use. */
  cpuLimitPercent: number;
  memoryLimitMb: number;
}

/** What a container used between two readings. Nothing in it is ever negative. */
export interface ContainerUse {
  /** Seconds of them in which it ran. */
  seconds: number;
  /** Percent of one core, on average. */
  cpuPercent: number;
  /** MB of the working set at their end. */
  memoryMb: number;
  networkInBytes: number;
  networkOutBytes: number;
  /** 1 when it was started in between. */
  starts: 0 | 1;
}

/** A reading, or `null` of a container that does not run. */
export function readingOf(
  container: Docker.ContainerInspectInfo,
  stats: Docker.ContainerStats,
): ContainerReading | null {
  const atMs = Date.parse(stats.read);
  const startedAtMs = Date.parse(container.State.StartedAt);
  // A stopped container answers zeros, and the year 1.
  if (!container.State.Running || !(atMs > 0) || stats.cpu_stats.cpu_usage.total_usage === 0) return null;
  const { Memory = 0, CpuQuota = 0, CpuPeriod = 0 } = container.HostConfig;
  const networks = Object.values(stats.networks ?? {});
  return {
    containerId: container.Id,
    startedAtMs,
    atMs: Math.max(atMs, startedAtMs),
    cpuNs: stats.cpu_stats.cpu_usage.total_usage,
    memoryMb: workingSetMb(stats),
    networkInBytes: networks.reduce((sum, each) => sum + each.rx_bytes, 0),
    networkOutBytes: networks.reduce((sum, each) => sum + each.tx_bytes, 0),
    cpuLimitPercent: CpuPeriod > 0 ? Math.round((CpuQuota / CpuPeriod) * 100) : 0,
    memoryLimitMb: Math.round(Memory / MEBIBYTE),
  };
}

/**
 * What was used since `previous`, or since the start when that was later.
 *
 * @param previous `null`: nobody looked before
 * @param withinMs a start that lies further back was not seen: what was used since is nobody's to tell
 * @returns `null` where there is nothing to compare with
 */
export function usedBetween(
  previous: ContainerReading | null,
  next: ContainerReading,
  withinMs: number,
): ContainerUse | null {
  const isSameRun =
    previous?.containerId === next.containerId &&
    previous.startedAtMs === next.startedAtMs &&
    previous.cpuNs <= next.cpuNs;
  if (!isSameRun && next.atMs - next.startedAtMs > withinMs) return null;
  const since = isSameRun ? previous : { atMs: next.startedAtMs, cpuNs: 0, networkInBytes: 0, networkOutBytes: 0 };
  const elapsedMs = next.atMs - since.atMs;
  if (elapsedMs <= 0) return null;
  return {
    seconds: elapsedMs / 1000,
    cpuPercent: Math.max(0, ((next.cpuNs - since.cpuNs) / (elapsedMs * 1e6)) * 100),
    memoryMb: Math.max(0, next.memoryMb),
    networkInBytes: Math.max(0, next.networkInBytes - since.networkInBytes),
    networkOutBytes: Math.max(0, next.networkOutBytes - since.networkOutBytes),
    starts: isSameRun ? 0 : 1,
  };
}
