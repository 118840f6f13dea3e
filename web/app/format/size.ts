const MB_PER_GB = 1024;

/** `96 MB`, `1.5 GB`. Sizes are binary: 1 GB is 1024 MB. */
export function megabytes(mb: number): string {
  if (mb < MB_PER_GB) return `${Math.round(mb)} MB`;
  return `${trimmed(mb / MB_PER_GB)} GB`;
}

/**
 * `0.5 CPU`, `2 CPUs`.
 *
 * @param percent of one core
 */
export function cpus(percent: number): string {
  const cores = percent / 100;
  return `${trimmed(cores)} ${cores > 1 ? 'CPUs' : 'CPU'}`;
}

/** How much of a whole is used, in whole percent from 0 to 100; 0 of nothing. */
export function percentOf(used: number, limit: number): number {
  if (!(limit > 0)) return 0;
  return Math.min(100, Math.max(0, Math.round((used / limit) * 100)));
}

function trimmed(value: number): string {
  return String(Number(value.toFixed(value < 10 ? 2 : 1)));
}
