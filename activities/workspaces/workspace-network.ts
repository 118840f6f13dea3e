import { networkInterfaces } from 'node:os';
import type Docker from 'dockerode';
import { engineMessage, isEngineError, unlessMissing } from './engine-error.ts';
import { hostRoutes } from './host-routes.ts';
import { assertOwned, isOwned, type Owner, objectName, ownerLabels } from './ownership.ts';
import { freeSubnet } from './subnet-pool.ts';
import { WorkspaceFailed } from './workspace-failure.ts';

/** Another program may take a block between our look and our call. */
const ATTEMPTS = 8;

export interface WorkspaceNetworks {
  /** Id of the workspace's own bridge, made when it is missing. `beforeChange` runs before each mutation. */
  ensure(owner: Owner, beforeChange: () => Promise<void>): Promise<string>;
  /** Removes the workspace's bridge, or the several that a race has made. */
  remove(owner: Owner, beforeChange: () => Promise<void>): Promise<boolean>;
  /** Throws `WorkspaceFailed` when a network with our name is somebody else's. */
  assertOurs(owner: Owner): Promise<void>;
}

/**
 * A bridge for each workspace, so that tenants can't reach each other. Each gets a /28 of `subnetPool`: the engine's own
 * pools end at 30 networks. Blocks that any interface of this host touches are passed over, so a second engine on the
 * host does no harm. Networks are made one at a time, for all workspaces: the engine would make two of one name.
 */
export function createWorkspaceNetworks(docker: Docker, subnetPool: string): WorkspaceNetworks {
  let queue: Promise<unknown> = Promise.resolve();

  async function named(owner: Owner): Promise<Docker.NetworkInspectInfo[]> {
    const name = objectName(owner);
    const found = await docker.listNetworks({ filters: { name: [name] } });
    return found
      .filter((network) => network.Name === name)
      .sort((a, b) => (`${a.Created} ${a.Id}` < `${b.Created} ${b.Id}` ? -1 : 1));
  }

  async function assertOurs(owner: Owner): Promise<void> {
    for (const network of await named(owner)) assertOwned('network', network.Labels, owner);
  }

  async function findOrCreate(owner: Owner, beforeChange: () => Promise<void>): Promise<string> {
    await assertOurs(owner);
    const existing = await onlyOne(owner, beforeChange);
    if (existing) return existing;

    const refused: string[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const subnet = freeSubnet(subnetPool, [...(await takenSubnets(docker)), ...refused]);
      if (!subnet) {
        throw new WorkspaceFailed(
          'NO_FREE_SUBNET',
          `The host has no free network left in ${subnetPool} for this workspace.`,
        );
      }
      await beforeChange();
      try {
        await docker.createNetwork({
          Name: objectName(owner),
          Driver: 'bridge',
          CheckDuplicate: true,
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
          Labels: ownerLabels(owner),
        });
      } catch (error) {
        const overlaps = isEngineError(error) && /overlap|conflict/i.test(engineMessage(error));
        if (!overlaps || attempt === ATTEMPTS) throw error;
        refused.push(subnet);
        continue;
      }
      const made = await onlyOne(owner, beforeChange);
      if (made) return made;
    }
  }

  /** Another process may have made one of the same name meanwhile: the oldest stays, whoever looks. */
  async function onlyOne(owner: Owner, beforeChange: () => Promise<void>): Promise<string | null> {
    const [oldest, ...others] = await named(owner);
    for (const other of others) {
      await beforeChange();
      await unlessMissing(docker.getNetwork(other.Id).remove());
    }
    return oldest?.Id ?? null;
  }

  return {
    assertOurs,
    ensure(owner, beforeChange) {
      const result = queue.then(() => findOrCreate(owner, beforeChange));
      queue = result.catch(() => {});
      return result;
    },
    async remove(owner, beforeChange) {
      const ours = (await named(owner)).filter((network) => isOwned(network.Labels, owner));
      for (const network of ours) {
        await beforeChange();
        await unlessMissing(docker.getNetwork(network.Id).remove());
      }
      return ours.length > 0;
    },
  };
}

async function takenSubnets(docker: Docker): Promise<string[]> {
  const networks = await docker.listNetworks();
  const ofEngine = networks.flatMap((network) => network.IPAM?.Config?.map((block) => block.Subnet ?? '') ?? []);
  const ofHost = Object.values(networkInterfaces()).flatMap(
    (addresses) => addresses?.map(({ cidr }) => cidr ?? '') ?? [],
  );
  // Interfaces that are down, such as bridges that an ended engine left, are not listed there, but they are routed to.
  return [...ofEngine, ...ofHost, ...(await hostRoutes())];
}
