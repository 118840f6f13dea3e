import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type Docker from 'dockerode';
import { ACCOUNT_LABEL } from '#activities/workspaces/ownership.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';

const GONE = 404;

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

  const filters = { label: [`${ACCOUNT_LABEL}=${accountId}`] };
  for (const { Id } of await docker.listContainers({ all: true, filters }))
    await docker.getContainer(Id).remove({ force: true }).catch(unlessGone);
  const { Volumes } = await docker.listVolumes({ filters: JSON.stringify(filters) as never });
  for (const { Name } of Volumes ?? []) await docker.getVolume(Name).remove().catch(unlessGone);
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove().catch(unlessGone);
}

function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== GONE) throw error;
}
