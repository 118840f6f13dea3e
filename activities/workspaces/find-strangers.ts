import type Docker from 'dockerode';
import { tolerate, unlessMissing } from './engine-error.ts';
import type { Finding } from './host-store.ts';
import { HOST_LABEL, INSTALLATION_LABEL, namePrefix, objectName, WORKSPACE_LABEL } from './ownership.ts';

const STOP_GRACE_SECONDS = 10;

export interface FindStrangersDeps {
  docker: Docker;
  hostId: string;
  installation: string;
}

type Labels = Record<string, string> | null | undefined;

/**
 * What the engine has that no workspace explains: with our labels but unknown to the database, or with a name of ours but
 * without our labels. Nothing of it is adopted or deleted.
 *
 * @param known ids of the workspaces of this host
 */
export async function findStrangers(
  { docker, hostId, installation }: FindStrangersDeps,
  known: Set<string>,
): Promise<Finding[]> {
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
  ]);
  const things = [
    ...containers.map(({ Id, Names, Labels }) => ({
      ...{ kind: 'container' as const, id: Id, labels: Labels as Labels },
      name: Names[0]?.replace(/^\//, '') ?? Id,
    })),
    ...networks.map(({ Id, Name, Labels }) => ({
      kind: 'network' as const,
      id: Id,
      name: Name,
      labels: Labels as Labels,
    })),
    ...(volumes ?? []).map(({ Name, Labels }) => ({
      kind: 'volume' as const,
      id: Name,
      name: Name,
      labels: Labels as Labels,
    })),
  ];
  return things.flatMap(({ labels, ...thing }): Finding[] => {
    const ours = labels?.[INSTALLATION_LABEL] === installation;
    const workspaceId = labels?.[WORKSPACE_LABEL] ?? null;
    const finding = { ...thing, workspaceId, quarantine: null };
    if (!ours) return thing.name.startsWith(namePrefix(installation)) ? [{ ...finding, what: 'foreign' }] : [];
    if (labels[HOST_LABEL] !== hostId) return [];
    const explained =
      workspaceId !== null && known.has(workspaceId) && thing.name === objectName({ installation, workspaceId });
    return explained ? [] : [{ ...finding, what: 'unknown' }];
  });
}

/** When a thing was made, or `null` where it is gone. */
export async function madeAt(docker: Docker, { kind, id }: Pick<Finding, 'kind' | 'id'>): Promise<Date | null> {
  if (kind === 'container') {
    const found = await unlessMissing(docker.getContainer(id).inspect());
    return found && new Date(found.Created);
  }
  if (kind === 'network') {
    const found = await unlessMissing(docker.getNetwork(id).inspect());
    return found && new Date(found.Created);
  }
  const found = await unlessMissing(docker.getVolume(id).inspect());
  // Not in the types, but in every engine's answer.
  return found && new Date('CreatedAt' in found ? String(found.CreatedAt) : 0);
}

/**
 * Stops a container for good and takes its name away, so that nothing runs that nobody answers for. It can be
 * looked at; one that is started by hand is stopped at the next look. Answers its name from then on.
 */
export async function quarantine(docker: Docker, { id, name }: Pick<Finding, 'id' | 'name'>): Promise<string> {
  const container = docker.getContainer(id);
  const { State, HostConfig } = await container.inspect();
  if (HostConfig.RestartPolicy?.Name !== 'no') await container.update({ RestartPolicy: { Name: 'no' } });
  if (State.Paused) await container.unpause();
  if (State.Running) await tolerate([304], container.stop({ t: STOP_GRACE_SECONDS }));
  const aside = name.startsWith('quarantined-') ? name : `quarantined-${id.slice(0, 8)}-${name}`;
  if (aside !== name) await container.rename({ name: aside });
  return aside;
}
