import type { PrismaClient } from '#prisma/client.ts';
import type { IncidentAnswer } from '../answers.ts';

/** The newest incident of a workspace, with what it wrote last; `null` when there was none. */
export type ReadIncident = (workspaceId: string) => Promise<IncidentAnswer | null>;

export function createReadIncident(prisma: PrismaClient): ReadIncident {
  return async (workspaceId) => {
    const row = await prisma.workspaceIncident.findFirst({ where: { workspaceId }, orderBy: { at: 'desc' } });
    return (
      row && {
        at: row.at.toISOString(),
        // A check in the database allows no other.
        kind: row.kind as IncidentAnswer['kind'],
        exitCode: row.exitCode,
        outOfMemory: row.outOfMemory,
        lastLines: row.lastLines,
      }
    );
  };
}
