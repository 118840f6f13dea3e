import { SMALLEST_SIZE } from '#domain/allocation.ts';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { type PlacementPolicy, place } from '#domain/placement.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { releaseUnused, reserveHost } from '#prisma/reservations.ts';
import { Problem } from '../problem.ts';

export interface ReserveHost {
  /**
   * The id of the host for a new workspace, which has room on it from then on. Asked again for the same workspace it is the
   * same host, as long as that takes new ones.
   *
   * @param planId of its account, `null` where it is not stored yet: on a free plan it gets no room that is kept for accounts that pay
   * @param size what the workspace gets; default: the least that one may have
   * @throws Problem 503 `no-host` with the numbers when there is none, 409 `free-room-taken` when what there is is kept for accounts that pay
   */
  forWorkspace(workspaceId: string, planId: string | null, size?: WorkspaceSize): Promise<string>;
  /** The workspace is not to be after all: its room is free again. */
  release(workspaceId: string): Promise<void>;
}

/** @param freePlans ids of the plans that nobody pays for */
export function createReserveHost(
  prisma: PrismaClient,
  policy: PlacementPolicy & { freePlans: readonly string[] },
): ReserveHost {
  const { freePlans } = policy;
  return {
    async forWorkspace(workspaceId, planId, size = SMALLEST_SIZE) {
      const { memoryMb, cpuPercent } = size;
      const isFree = planId === null || freePlans.includes(planId);
      const placed = await reserveHost(prisma, { workspaceId, memoryMb, cpuPercent, isFree, freePlans }, (hosts) => {
        const held = hosts.filter((host) => host.isHeld);
        const now = new Date().toISOString();
        const again = place(held, { size, isFree }, now, policy);
        return again.hostId === null ? place(hosts, { size, isFree }, now, policy) : again;
      });
      if (placed.hostId === null) throw placed.isForPaying ? freeRoomTaken(placed.refusal) : noHost(placed.refusal);
      return placed.hostId;
    },
    release: (workspaceId) => releaseUnused(prisma, workspaceId),
  };
}

function freeRoomTaken(refusal: string): Problem {
  return new Problem(
    409,
    'free-room-taken',
    'There is no room for free accounts',
    `${refusal} Nothing was created. Buy a plan, and there is room; or try again another day.`,
  );
}

function noHost(refusal: string): Problem {
  return new Problem(
    503,
    'no-host',
    'There is no host for the workspace',
    `${refusal} Nothing was created. Try again in a minute; if it stays, tell support.`,
    { retryAfterSeconds: 60 },
  );
}
