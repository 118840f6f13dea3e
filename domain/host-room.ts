import { SMALLEST_SIZE } from './allocation.ts';
import { type Catalog, UNLIMITED, type WorkspaceSize } from './catalog.ts';
import { firstSizeOf } from './open-account.ts';
import { type HostOffer, SEEN_WITHIN_MS } from './placement.ts';
import { addMs, type Instant } from './time.ts';

/** From so much promised on, the next host is needed: buying or setting up one takes time. */
export const DEFAULT_WARN_PERCENT = 80;

type Sized = Pick<WorkspaceSize, 'memoryMb' | 'cpuPercent'>;

/** What is left of a host. */
export interface HostRoom {
  /** What may be promised: memory once, CPU as often as the overcommit says. */
  capacity: Sized;
  promised: Sized;
  free: Sized;
  /** The larger of both parts that are promised, 0 to 100 and more. */
  fullPercent: number;
  /** Which of both that is. */
  scarcer: 'memory' | 'cpu';
  /** For how many more workspaces there is room. */
  roomFor: { default: number; largest: number };
}

/** Sizes by which room is counted: of a first workspace on a free plan, and the largest that a plan of the catalog allows. */
export function sizesOf(catalog: Catalog): { default: Sized; largest: Sized } {
  const first = (['personal', 'organisation'] as const)
    .filter((audience) => catalog.freePlans[audience] !== undefined)
    .map((audience) => firstSizeOf(catalog, audience))
    .find((size) => size !== undefined);
  const pools = catalog.plans.flatMap(({ pool, defaultAllocation }) => [
    ...(pool && pool.memoryMb !== UNLIMITED && pool.cpuPercent !== UNLIMITED ? [pool] : []),
    ...(defaultAllocation ? [defaultAllocation] : []),
  ]);
  const [largest = SMALLEST_SIZE] = pools.sort((a, b) => b.memoryMb - a.memoryMb || b.cpuPercent - a.cpuPercent);
  return { default: first ?? SMALLEST_SIZE, largest };
}

/** What of a host is promised and free, and for how many more workspaces it has room. */
export function roomOf(
  { memoryMb, cpuPercent, reserved }: Pick<HostOffer, 'memoryMb' | 'cpuPercent' | 'reserved'>,
  sizes: { default: Sized; largest: Sized },
  { cpuOvercommit }: { cpuOvercommit: number },
): HostRoom {
  const capacity = { memoryMb, cpuPercent: cpuPercent * cpuOvercommit };
  const free = {
    memoryMb: Math.max(0, capacity.memoryMb - reserved.memoryMb),
    cpuPercent: Math.max(0, capacity.cpuPercent - reserved.cpuPercent),
  };
  const times = (size: Sized) =>
    size.cpuPercent > cpuPercent
      ? 0
      : Math.floor(Math.min(free.memoryMb / size.memoryMb, free.cpuPercent / size.cpuPercent));
  return {
    ...{ capacity, promised: { ...reserved }, free, ...fullness(reserved, capacity) },
    roomFor: { default: times(sizes.default), largest: times(sizes.largest) },
  };
}

/** What is left of all hosts that are seen and in use, together. */
export interface FleetRoom extends HostRoom {
  hosts: number;
  /** What to do, for operators; `null` while there is room enough. */
  need: string | null;
}

/**
 * What is left of all hosts together. The next one is needed from `warnPercent` of what may be promised on; which of memory and CPU it
 * is decides what helps.
 *
 * @param options.warnPercent default 80
 */
export function fleetRoom(
  hosts: readonly HostOffer[],
  sizes: { default: Sized; largest: Sized },
  now: Instant,
  { cpuOvercommit, warnPercent = DEFAULT_WARN_PERCENT }: { cpuOvercommit: number; warnPercent?: number },
): FleetRoom {
  const since = addMs(now, -SEEN_WITHIN_MS);
  const rooms = hosts
    .filter(({ seenAt, isDrained }) => seenAt >= since && !isDrained)
    .map((host) => roomOf(host, sizes, { cpuOvercommit }));
  const sum = (pick: (room: HostRoom) => number) => rooms.reduce((total, room) => total + pick(room), 0);
  const sized = (pick: (room: HostRoom) => Sized): Sized => ({
    memoryMb: sum((room) => pick(room).memoryMb),
    cpuPercent: sum((room) => pick(room).cpuPercent),
  });
  const capacity = sized((room) => room.capacity);
  const promised = sized((room) => room.promised);
  const full = fullness(promised, capacity);
  const roomFor = { default: sum((room) => room.roomFor.default), largest: sum((room) => room.roomFor.largest) };
  const all = { hosts: rooms.length, capacity, promised, free: sized((room) => room.free), ...full, roomFor };
  return { ...all, need: full.fullPercent >= warnPercent ? needOf(all) : null };
}

function needOf({ hosts, fullPercent, scarcer, roomFor }: Omit<FleetRoom, 'need'>): string {
  if (hosts === 0) return 'No host for workspaces is there: start a worker.';
  const [what, remedy] =
    scarcer === 'memory'
      ? ['memory', 'Add a host.']
      : ['CPU', 'Add a host, or raise LEASEHOLD_CPU_OVERCOMMIT while the processors idle.'];
  return `${fullPercent} % of the ${what} that hosts may promise is promised, and ${roomFor.default} more workspaces of the default size find room. ${remedy}`;
}

function fullness(promised: Sized, capacity: Sized): Pick<HostRoom, 'fullPercent' | 'scarcer'> {
  const part = (taken: number, of: number) => (of > 0 ? Math.floor((taken / of) * 100) : 100);
  const memory = part(promised.memoryMb, capacity.memoryMb);
  const cpu = part(promised.cpuPercent, capacity.cpuPercent);
  return { fullPercent: Math.max(memory, cpu), scarcer: memory >= cpu ? 'memory' : 'cpu' };
}
