import type { ReconcileHostDeps } from '#activities/workspaces/reconcile-host.ts';
import type { DesiredWorkspace } from '#domain/account-state.ts';
import type { PrismaClient } from '#prisma/client.ts';

/** The workspaces of a host whose newest wish was carried out once: what the host keeps so by itself. */
export async function readSettledWishes(
  prisma: PrismaClient,
  hostId: string,
): ReturnType<ReconcileHostDeps['readSettledWishes']> {
  const rows = await prisma.workspace.findMany({
    where: {
      hostId,
      observedGeneration: { equals: prisma.workspace.fields.desiredGeneration },
      observedState: { not: 'failed' },
    },
  });
  return rows.map((row) => ({
    accountId: row.accountId,
    workspaceId: row.id,
    generation: row.desiredGeneration,
    desired: {
      state: row.desiredState as DesiredWorkspace['state'],
      size: { memoryMb: row.memoryMb, cpuPercent: row.cpuPercent, storageMb: row.storageMb },
    },
  }));
}
