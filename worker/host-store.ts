import type { HostStore, StoredWish } from '#activities/workspaces/host-store.ts';
import type { DesiredWorkspace } from '#domain/account-state.ts';
import { Prisma, type PrismaClient } from '#prisma/client.ts';

/** Incidents are kept this long. */
const INCIDENTS_KEPT_MS = 30 * 24 * 60 * 60_000;
const FOREIGN_KEY_VIOLATION = 'P2003';

type WorkspaceRow = Prisma.WorkspaceGetPayload<object>;

/** What a host reads and writes of PostgreSQL: the tables `workspace_incident` and `host_finding` are its to write. */
export function createHostStore(prisma: PrismaClient, hostId: string): HostStore {
  return {
    async readSettledWishes() {
      const rows = await prisma.workspace.findMany({
        where: {
          hostId,
          observedGeneration: { equals: prisma.workspace.fields.desiredGeneration },
          observedState: { notIn: ['failed', 'crash-looping'] },
        },
      });
      return rows.map(wishOf);
    },

    async readWish(workspaceId) {
      const row = await prisma.workspace.findFirst({ where: { id: workspaceId, hostId } });
      return row && wishOf(row);
    },

    async readKnownIds() {
      const [here, coming] = await Promise.all([
        prisma.workspace.findMany({ where: { hostId }, select: { id: true } }),
        prisma.placement.findMany({ where: { hostId }, select: { workspaceId: true } }),
      ]);
      return new Set([...here.map(({ id }) => id), ...coming.map(({ workspaceId }) => workspaceId)]);
    },

    async recordIncident(incident) {
      try {
        await prisma.workspaceIncident.createMany({ data: [incident], skipDuplicates: true });
      } catch (error) {
        // Its workspace was never stored, or is deleted by now.
        const isOfNobody =
          error instanceof Prisma.PrismaClientKnownRequestError && error.code === FOREIGN_KEY_VIOLATION;
        if (!isOfNobody) throw error;
      }
      const { workspaceId } = incident;
      const old = new Date(Date.now() - INCIDENTS_KEPT_MS);
      await prisma.workspaceIncident.deleteMany({ where: { workspaceId, at: { lt: old } } });
    },

    async countCrashes(workspaceId, since) {
      const stopped = await prisma.workspaceIncident.findFirst({
        where: { workspaceId, kind: 'crash-looping', at: { gt: since } },
        orderBy: { at: 'desc' },
      });
      return prisma.workspaceIncident.count({
        where: { workspaceId, kind: 'crashed', at: { gt: stopped?.at ?? since } },
      });
    },

    async readLastIncidents(since) {
      const rows = await prisma.workspaceIncident.groupBy({
        by: ['workspaceId'],
        where: { at: { gt: since }, workspace: { hostId } },
        _max: { at: true },
      });
      return new Map(rows.flatMap(({ workspaceId, _max: { at } }) => (at ? [[workspaceId, at]] : [])));
    },

    async isPaused() {
      const host = await prisma.host.findUnique({ where: { id: hostId }, select: { reconcilePaused: true } });
      return host?.reconcilePaused ?? false;
    },

    async saveFindings(findings) {
      const idOf = ({ kind, id }: { kind: string; id: string }) => `${hostId}/${kind}/${id}`;
      const ids = findings.map(idOf);
      const now = new Date();
      const open = await prisma.hostFinding.findMany({ where: { hostId, goneAt: null } });
      const gone = open.filter(({ id }) => !ids.includes(id)).map(({ id }) => id);
      if (gone.length > 0) await prisma.hostFinding.updateMany({ where: { id: { in: gone } }, data: { goneAt: now } });
      for (const finding of findings) {
        const { what, kind, name, workspaceId, quarantine } = finding;
        const row = { what, kind, name, workspaceId, quarantine, goneAt: null };
        const id = idOf(finding);
        await prisma.hostFinding.upsert({ where: { id }, create: { id, hostId, foundAt: now, ...row }, update: row });
      }
      return findings.filter((finding) => !open.some(({ id }) => id === idOf(finding)));
    },
  };
}

function wishOf(row: WorkspaceRow): StoredWish {
  return {
    accountId: row.accountId,
    workspaceId: row.id,
    generation: row.desiredGeneration,
    desired: {
      state: row.desiredState as DesiredWorkspace['state'],
      size: { memoryMb: row.memoryMb, cpuPercent: row.cpuPercent, storageMb: row.storageMb },
    },
  };
}
