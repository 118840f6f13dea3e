import { type PlacementPolicy, place } from '#domain/placement.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { reserveHost } from '#prisma/reservations.ts';
import type { PlacementActivities } from './contracts.ts';

/** Room for workspaces that move. */
export function createPlacementActivities(deps: {
  prisma: PrismaClient;
  policy: PlacementPolicy;
}): PlacementActivities {
  const { prisma, policy } = deps;
  return {
    async reserveForMove({ workspaceId, size, fromHostId, toHostId }) {
      const { memoryMb, cpuPercent } = size;
      return reserveHost(prisma, { workspaceId, memoryMb, cpuPercent }, (hosts) => {
        const asked = hosts.filter(({ id }) => toHostId === null || id === toHostId);
        return place(asked, { size, except: [fromHostId] }, new Date().toISOString(), policy);
      });
    },
  };
}
