import type Docker from 'dockerode';

const MEBIBYTE = 1024 * 1024;

/** Working set in MB: what the kernel could not simply drop. cgroup v1 counts `total_inactive_file`, v2 `inactive_file`. */
export function workingSetMb(stats: Docker.ContainerStats): number {
  const { usage = 0, stats: detail } = stats.memory_stats;
  const cache = detail?.total_inactive_file ?? detail?.inactive_file ?? 0;
  return Math.max(0, usage - cache) / MEBIBYTE;
}

/** Percent of one core between two samples; 0 when there is no earlier one. */
export function cpuPercent(stats: Docker.ContainerStats): number {
  const usedNs = stats.cpu_stats.cpu_usage.total_usage - (stats.precpu_stats.cpu_usage?.total_usage ?? 0);
  const elapsedMs = Date.parse(stats.read) - Date.parse(stats.preread);
  // Without an earlier sample `preread` is the year 1.
  if (!stats.precpu_stats.system_cpu_usage || !(elapsedMs > 0) || usedNs < 0) return 0;
  return (usedNs / (elapsedMs * 1e6)) * 100;
}
