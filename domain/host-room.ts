import { SMALLEST_SIZE } from './allocation.ts';
import { type Catalog, UNLIMITED, type WorkspaceSize } from './catalog.ts';
import { firstSizeOf } from './open-account.ts';
import type { HostOffer } from './placement.ts';

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

/** What of a host is promised and free, and for how many more workspaces it has room. A host that is drained has none. */
export function roomOf(
  { memoryMb, cpuPercent, reserved, isDrained }: Pick<HostOffer, 'memoryMb' | 'cpuPercent' | 'reserved' | 'isDrained'>,
  sizes: { default: Sized; largest: Sized },
  { cpuOvercommit }: { cpuOvercommit: number },
): HostRoom {
  const capacity = { memoryMb, cpuPercent: cpuPercent * cpuOvercommit };
  const free = {
    memoryMb: Math.max(0, capacity.memoryMb - reserved.memoryMb),
    cpuPercent: Math.max(0, capacity.cpuPercent - reserved.cpuPercent),
  };
  const [memory, cpu] = [part(reserved.memoryMb, capacity.memoryMb), part(reserved.cpuPercent, capacity.cpuPercent)];
  const times = (size: Sized) =>
    isDrained || size.cpuPercent > cpuPercent
      ? 0
      : Math.floor(Math.min(free.memoryMb / size.memoryMb, free.cpuPercent / size.cpuPercent));
  return {
    capacity,
    promised: { memoryMb: reserved.memoryMb, cpuPercent: reserved.cpuPercent },
    free,
    fullPercent: Math.max(memory, cpu),
    scarcer: memory >= cpu ? 'memory' : 'cpu',
    roomFor: { default: times(sizes.default), largest: times(sizes.largest) },
  };
}

/** What to do when so much is promised; `null` while there is room enough. */
export function needOfRoom(hostId: string, room: HostRoom, warnPercent: number): string | null {
  if (room.fullPercent < warnPercent) return null;
  const what = room.scarcer === 'memory' ? 'memory' : 'CPU';
  const remedy =
    room.scarcer === 'memory'
      ? 'Add a host (docs/workspaces.md, Hosts).'
      : 'Add a host (docs/workspaces.md, Hosts), or raise LEASEHOLD_CPU_OVERCOMMIT while its processors idle.';
  return `${room.fullPercent} % of the ${what} of host ${hostId} is promised; there is room for ${room.roomFor.default} more workspaces of the default size. ${remedy}`;
}

function part(promised: number, capacity: number): number {
  return capacity > 0 ? Math.floor((promised / capacity) * 100) : 100;
}
