import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type Docker from 'dockerode';
import { tolerate } from '#activities/workspaces/engine-error.ts';
import { ACCOUNT_LABEL } from '#activities/workspaces/ownership.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';

/** 404: it is gone. 403 and 409: something uses it, or it is being removed. */
const NOT_YET = [403, 404, 409];
const GONE_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 200;

/** Where an account lives. */
export interface AccountHome {
  client: Client;
  prisma: PrismaClient;
  docker: Docker;
}

/**
 * Takes an account of a story or a test off the machine at once, so that nothing of it runs on and its room is free: its workflow is
 * terminated, its rows go, then its containers, volumes and networks. No promise is kept to it: never for a customer.
 */
export async function removeAccount({ client, prisma, docker }: AccountHome, accountId: string): Promise<void> {
  await client.workflow
    .getHandle(subscriptionWorkflowId(accountId))
    .terminate('its story is over')
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  const workspaces = await prisma.workspace.findMany({ where: { accountId }, select: { id: true } });
  // Before Docker: the host would bring back what it has a wish for.
  await prisma.account.deleteMany({ where: { id: accountId } });
  await prisma.placement.deleteMany({ where: { workspaceId: { in: workspaces.map(({ id }) => id) } } });

  const giveUpAt = Date.now() + GONE_WITHIN_MS;
  while ((await removeObjects(docker, accountId)) > 0) {
    if (Date.now() > giveUpAt) throw new Error(`Objects of account ${accountId} can't be removed.`);
    await delay(LOOK_AGAIN_MS);
  }
}

/**
 * One look, as what was under way when the rows went still comes to its end: a container that is being made, or removed.
 *
 * @returns how many were there
 */
async function removeObjects(docker: Docker, accountId: string): Promise<number> {
  const filters = { label: [`${ACCOUNT_LABEL}=${accountId}`] };
  const containers = await docker.listContainers({ all: true, filters });
  for (const { Id } of containers) await tolerate(NOT_YET, docker.getContainer(Id).remove({ force: true }));
  const { Volumes: volumes } = await docker.listVolumes({ filters: JSON.stringify(filters) as never });
  for (const { Name } of volumes ?? []) await tolerate(NOT_YET, docker.getVolume(Name).remove());
  const networks = await docker.listNetworks({ filters });
  for (const { Id } of networks) await tolerate(NOT_YET, docker.getNetwork(Id).remove());
  return containers.length + (volumes?.length ?? 0) + networks.length;
}
