import type { SizePreviewFigures } from '#domain/size-preview.ts';
import type { PrismaClient } from '#prisma/client.ts';

/** The memory of a host and what of it its other workspaces leave to this one; `null` for a host that is not known. */
export type ReadHostRoom = (hostId: string, workspaceId: string) => Promise<SizePreviewFigures['host']>;

export function createReadHostRoom(prisma: PrismaClient): ReadHostRoom {
  return async (hostId, workspaceId) => {
    const [host, others] = await Promise.all([
      prisma.host.findUnique({ where: { id: hostId }, select: { memoryMb: true, cpuPercent: true } }),
      prisma.workspace.aggregate({
        where: { hostId, desiredState: 'running', id: { not: workspaceId } },
        _sum: { memoryMb: true },
      }),
    ]);
    return host && { ...host, freeMb: Math.max(0, host.memoryMb - (others._sum.memoryMb ?? 0)) };
  };
}
