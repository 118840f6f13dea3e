import type Docker from 'dockerode';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { unmountStorage } from '#activities/workspaces/limited-storage.ts';
import { removeNetworkPolicy } from '#activities/workspaces/network-policy.ts';
import { INSTALLATION_LABEL } from '#activities/workspaces/ownership.ts';

const ALREADY_SO = 304;
const GONE = 404;
/** Time for a workspace to end by itself before the engine kills it, in seconds. */
const STOP_TIMEOUT_S = 10;

/**
 * Stops the running containers of one installation and no other. What their owners want is not touched, so the next
 * start runs them again.
 *
 * @returns how many were stopped
 * @throws when the engine does not answer
 */
export async function stopOwnContainers(dockerHost: string, installationId: string): Promise<number> {
  const docker = createDockerClient(dockerHost);
  const containers = await docker.listContainers({ filters: { label: [`${INSTALLATION_LABEL}=${installationId}`] } });
  await Promise.all(containers.map(({ Id }) => stopContainer(docker, Id)));
  return containers.length;
}

/** The containers and volumes of one installation. Throws when the engine does not answer. */
export async function ownResources(
  dockerHost: string,
  installationId: string,
): Promise<{ kind: 'container' | 'volume'; name: string }[]> {
  const docker = createDockerClient(dockerHost);
  const filters = { label: [`${INSTALLATION_LABEL}=${installationId}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const volumes = (await docker.listVolumes({ filters: JSON.stringify(filters) as never })).Volumes ?? [];
  return [
    ...containers.map(({ Names, Id }) => ({ kind: 'container' as const, name: Names[0]?.slice(1) ?? Id })),
    ...volumes.map(({ Name }) => ({ kind: 'volume' as const, name: Name })),
  ];
}

/** Takes back what the workers of this machine have set up on it for their workspaces, which are down: mounts and packet filter. */
export async function leaveHost(env: Record<string, string | undefined>): Promise<void> {
  if (process.getuid?.() !== 0) return;
  if (env.LEASEHOLD_STORAGE_DIR) await unmountStorage(env.LEASEHOLD_STORAGE_DIR);
  if (env.LEASEHOLD_SUBNET_POOL) await removeNetworkPolicy(env.LEASEHOLD_SUBNET_POOL);
}

/** Removes the containers, volumes and networks of one installation. For state folders that are thrown away. */
export async function removeOwnResources(dockerHost: string, installationId: string): Promise<void> {
  const docker = createDockerClient(dockerHost);
  const filters = { label: [`${INSTALLATION_LABEL}=${installationId}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone);
  for (const { Name } of (await docker.listVolumes({ filters: JSON.stringify(filters) as never })).Volumes ?? [])
    await docker.getVolume(Name).remove().catch(unlessGone);
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove().catch(unlessGone);
}

async function stopContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id);
  try {
    // With another policy the engine would start it again at its own next start.
    await container.update({ RestartPolicy: { Name: 'no' } });
    await container.stop({ t: STOP_TIMEOUT_S });
  } catch (error) {
    unlessGone(error);
  }
}

function unlessGone(error: unknown): void {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode !== ALREADY_SO && statusCode !== GONE) throw error;
}
