import { UNLIMITED } from '#domain/catalog.ts';

const MB_OF = { MB: 1, GB: 1024, TB: 1024 * 1024 };

/** A size as it is written in a catalog: `512 MB`, `2 GB`, `1.5 GB`. */
export const SIZE_PATTERN = /^\d+(\.\d+)? ?(MB|GB|TB)$/;

/** MB (MiB) of a written size; a number is MB already, `unlimited` is `UNLIMITED`. 1 GB is 1024 MB. */
export function toMb(written: string | number): number {
  if (typeof written === 'number') return written;
  if (written === 'unlimited') return UNLIMITED;
  const unit = written.slice(-2) as keyof typeof MB_OF;
  return Number(written.slice(0, -2)) * MB_OF[unit];
}
