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
   * @param size what the workspace gets; default: the least that one may have
   * @throws Problem 503 with the numbers when there is none
   */
  forWorkspace(workspaceId: string, size?: WorkspaceSize): Promise<string>;
  /** The workspace is not to be after all: its room is free again. */
  release(workspaceId: string): Promise<void>;
}

export function createReserveHost(prisma: PrismaClient, policy: PlacementPolicy): ReserveHost {
  return {
    async forWorkspace(workspaceId, size = SMALLEST_SIZE) {
      const { memoryMb, cpuPercent } = size;
      const placed = await reserveHost(prisma, { workspaceId, memoryMb, cpuPercent }, (hosts) => {
        const held = hosts.filter((host) => host.isHeld);
        const now = new Date().toISOString();
        const again = place(held, { size }, now, policy);
        return again.hostId === null ? place(hosts, { size }, now, policy) : again;
      });
      if (placed.hostId === null) throw noHost(placed.refusal);
      return placed.hostId;
    },
    release: (workspaceId) => releaseUnused(prisma, workspaceId),
  };
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
