import { loadCatalog } from '#catalogs/load.ts';
import { type FleetRoom, fleetRoom, type HostRoom, roomOf, sizesOf } from '#domain/host-room.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { readHostPromises } from '#prisma/host-promises.ts';
import { platformSettingsSchema } from './settings.ts';

/** What is left of hosts. */
export interface Room {
  fleet: FleetRoom;
  of: (hostId: string) => HostRoom | undefined;
}

/**
 * Reads what may be promised on hosts, what is, and for how many more workspaces of the catalog there is room.
 *
 * @param env settings of the product's processes: catalog, overcommit and the part from which on a warning is due
 */
export async function readRoom(prisma: PrismaClient, env: Record<string, string | undefined>): Promise<Room> {
  const { LEASEHOLD_CPU_OVERCOMMIT, LEASEHOLD_CAPACITY_WARN_PERCENT } = platformSettingsSchema.parse({
    LEASEHOLD_CPU_OVERCOMMIT: env.LEASEHOLD_CPU_OVERCOMMIT || undefined,
    LEASEHOLD_CAPACITY_WARN_PERCENT: env.LEASEHOLD_CAPACITY_WARN_PERCENT || undefined,
  });
  const policy = { cpuOvercommit: LEASEHOLD_CPU_OVERCOMMIT, warnPercent: LEASEHOLD_CAPACITY_WARN_PERCENT };
  const sizes = sizesOf(loadCatalog(env.LEASEHOLD_CATALOG || 'catalogs/demo.yaml', env));
  const hosts = (await readHostPromises(prisma)).map((host) => ({ ...host, labels: {} }));
  const rooms = new Map(hosts.map((host) => [host.id, roomOf(host, sizes, policy)]));
  return { fleet: fleetRoom(hosts, sizes, new Date().toISOString(), policy), of: (id) => rooms.get(id) };
}
