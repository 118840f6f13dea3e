import { type Pool, UNLIMITED } from './catalog.ts';

const MB_PER_GB = 1024;
const WORDS: Record<keyof Pool, (value: number) => string> = {
  memoryMb: megabytes,
  storageMb: megabytes,
  cpuPercent: (percent) => `${decimals(percent / 100)} CPU`,
  bandwidthGb: (gigabytes) => `${count(gigabytes)} GB`,
  workspaces: count,
};

/** What each part of a pool is called in a sentence. */
export const PART_NAMES: Record<keyof Pool, string> = {
  memoryMb: 'memory',
  storageMb: 'storage',
  cpuPercent: 'CPU',
  bandwidthGb: 'bandwidth',
  workspaces: 'workspaces',
};

/** A part of a pool for people: `2 GB`, `256 MB`, `0.5 CPU`, `unlimited`. */
export function sizeText(part: keyof Pool, value: number): string {
  return value === UNLIMITED ? 'unlimited' : WORDS[part](value);
}

/** A part of a pool for people, saying what it is of: `2 GB of memory`, `0.5 CPU`. */
export function sizeOfText(part: keyof Pool, value: number): string {
  const size = sizeText(part, value);
  return part === 'cpuPercent' && value !== UNLIMITED ? size : `${size} of ${PART_NAMES[part]}`;
}

/** A number for people: `10,000`, `unlimited`. */
export function countText(value: number): string {
  return value === UNLIMITED ? 'unlimited' : count(value);
}

/** Whole quarters of a GB in GB, anything else in MB, so that no word hides a part of the number. */
function megabytes(value: number): string {
  const inGb = value >= MB_PER_GB && (value * 4) % MB_PER_GB === 0;
  return inGb ? `${decimals(value / MB_PER_GB)} GB` : `${count(value)} MB`;
}

function decimals(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Without `Intl`: a workflow must say the same on every machine. */
function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
