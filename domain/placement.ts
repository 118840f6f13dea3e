import type { WorkspaceSize } from './catalog.ts';
import { countText, sizeText } from './size-words.ts';
import { addMs, type Instant } from './time.ts';

/** A host renews its row four times a minute; one that has been silent for longer is given nothing. */
export const SEEN_WITHIN_MS = 60_000;

/** CPU time is shared, and most workspaces idle. */
export const DEFAULT_CPU_OVERCOMMIT = 16;

/** A host, as placement sees it. */
export interface HostOffer {
  id: string;
  memoryMb: number;
  /** Percent of one core: 400 is four cores. */
  cpuPercent: number;
  labels: Readonly<Record<string, string>>;
  seenAt: Instant;
  isDrained: boolean;
  /** What the workspaces that live there, or are on their way, take. */
  reserved: { memoryMb: number; cpuPercent: number };
  /** Of that, what workspaces of accounts on a free plan take. Default: nothing. */
  reservedFree?: { memoryMb: number; cpuPercent: number };
}

export interface PlacementRequest {
  size: Pick<WorkspaceSize, 'memoryMb' | 'cpuPercent'>;
  /** Labels that the host must have, with these values. Default: none. */
  labels?: Readonly<Record<string, string>>;
  /** Hosts that are out of the question, for example the one that it is to leave. Default: none. */
  except?: readonly string[];
  /** It is of an account on a free plan: it gets no room that is kept for those that pay. Default: no. */
  isFree?: boolean;
}

export interface PlacementPolicy {
  /** CPU time is shared: this many times a host's CPU may be promised on it. Memory is promised once. */
  cpuOvercommit: number;
  /** Of a host's memory, and of the CPU that may be promised on it, what free accounts may have together. Default 100. */
  freeSharePercent?: number;
}

/**
 * The host that it goes to, or why there is none, with the numbers, for people. `isForPaying`: there is room, which is kept for accounts
 * that pay.
 */
export type Placed = { hostId: string } | { hostId: null; refusal: string; isForPaying?: boolean };

/** Half of the room is there for those who pay, however many sign up. */
export const DEFAULT_FREE_SHARE_PERCENT = 50;

const NOTHING = { memoryMb: 0, cpuPercent: 0 };

/**
 * Where a workspace goes: of the hosts that were seen within the last minute, are in use and have the labels and the room, the
 * one that has most memory free after it. Between equals, the first by id.
 */
export function place(
  hosts: readonly HostOffer[],
  { size, labels = {}, except = [], isFree = false }: PlacementRequest,
  now: Instant,
  { cpuOvercommit, freeSharePercent = 100 }: PlacementPolicy,
): Placed {
  const seenSince = addMs(now, -SEEN_WITHIN_MS);
  const present = hosts.filter((host) => host.seenAt >= seenSince && !except.includes(host.id));
  const open = present.filter((host) => !host.isDrained);
  const wanted = Object.entries(labels);
  const suited = open.filter((host) => wanted.every(([name, value]) => host.labels[name] === value));
  const freeMb = (host: HostOffer) => host.memoryMb - host.reserved.memoryMb;
  const freeCpu = (host: HostOffer) => host.cpuPercent * cpuOvercommit - host.reserved.cpuPercent;
  const fits = (host: HostOffer) =>
    freeMb(host) >= size.memoryMb && freeCpu(host) >= size.cpuPercent && host.cpuPercent >= size.cpuPercent;
  const share = freeSharePercent / 100;
  const mayHave = ({ memoryMb, cpuPercent, reservedFree = NOTHING }: HostOffer) =>
    !isFree ||
    (reservedFree.memoryMb + size.memoryMb <= memoryMb * share &&
      reservedFree.cpuPercent + size.cpuPercent <= cpuPercent * cpuOvercommit * share);
  const [best] = suited
    .filter((host) => fits(host) && mayHave(host))
    .sort((a, b) => freeMb(b) - freeMb(a) || (a.id < b.id ? -1 : 1));
  if (best) return { hostId: best.id };

  if (suited.some(fits)) {
    const refusal = `All room for accounts on a free plan is taken: ${freeSharePercent} % of each host, and the rest is kept for accounts that pay.`;
    return { hostId: null, refusal, isForPaying: true };
  }
  if (present.length === 0) return { hostId: null, refusal: 'No host for workspaces is there now.' };
  if (open.length === 0) return { hostId: null, refusal: 'Every host that is there is being emptied for maintenance.' };
  if (suited.length === 0) {
    const needed = wanted.map(([name, value]) => `${name}=${value}`).join(', ');
    return { hostId: null, refusal: `No host that is in use has the labels ${needed}.` };
  }
  const most = (numbers: number[]) => Math.max(0, ...numbers);
  const needs = `${countText(size.memoryMb)} MB and ${sizeText('cpuPercent', size.cpuPercent)} are needed`;
  const free = `at most ${countText(most(suited.map(freeMb)))} MB and ${sizeText('cpuPercent', most(suited.map(freeCpu)))} are free on one host`;
  return { hostId: null, refusal: `No host has room for the workspace: ${needs}; ${free}.` };
}
