import type { MoverDeps } from '#activities/workspaces/move-workspace.ts';
import type { PrismaClient } from '#prisma/client.ts';

/** Where a workspace lives, and by which wish, as stored. */
export async function readHome(prisma: PrismaClient, workspaceId: string): ReturnType<MoverDeps['readHome']> {
  const row = await prisma.workspace.findUnique({
    where: { id: workspaceId },
    select: { hostId: true, desiredGeneration: true, desiredState: true },
  });
  return row && { hostId: row.hostId, generation: row.desiredGeneration, isDeleted: row.desiredState === 'deleted' };
}
