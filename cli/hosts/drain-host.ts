import { type Client, WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { PlatformError } from '#platform/platform-error.ts';
import type { PrismaClient } from '#prisma/client.ts';
import {
  cancelMove,
  moveWorkspace,
  type Receipt,
  revivalOf,
  SUBSCRIPTION_WORKFLOW,
} from '#workflows/subscription/messages.ts';

/** Accounts that are told at a time. */
const AT_ONCE = 8;

export interface HostsDeps {
  prisma: PrismaClient;
  client: Client;
}

/** What was asked of the accounts whose workspaces live on a host. */
export interface Told {
  hostId: string;
  /** Workspaces whose account has it on record. */
  told: number;
  /** Those that could not be told, with why: the same command again tells them. */
  untold: { workspaceId: string; why: string }[];
  /** Reservations of workspaces that are still coming to be: the same command again finds them. */
  coming: number;
}

/**
 * Gives a host nothing new from now on, and has what lives there leave: workspaces that are down at once, running ones when
 * their owners choose, or at the end of their time. Safe to repeat, with the same answer to what is on its way.
 *
 * @param options.withinDays days that owners of running ones have
 * @throws PlatformError when there is no such host
 */
export async function drainHost(
  deps: HostsDeps,
  hostId: string,
  options: { reason: string; withinDays: number },
): Promise<Told> {
  const { prisma } = deps;
  const host = await requireHost(prisma, hostId);
  // A drain that is repeated is the same one: its commands are.
  const drainedAt = host.drainedAt ?? new Date();
  await prisma.host.update({ where: { id: hostId }, data: { drainedAt, drainReason: options.reason } });
  return tell(deps, hostId, moveWorkspace, (workspaceId) => ({
    commandId: `drain/${hostId}/${drainedAt.toISOString()}/${workspaceId}`,
    workspaceId,
    fromHostId: hostId,
    toHostId: null,
    ...options,
  }));
}

/** The host is in use again; moves that have not begun are not made. */
export async function undrainHost(deps: HostsDeps, hostId: string): Promise<Told> {
  const { prisma } = deps;
  const { drainedAt } = await requireHost(prisma, hostId);
  const since = drainedAt?.toISOString() ?? 'never';
  await prisma.host.update({ where: { id: hostId }, data: { drainedAt: null, drainReason: null } });
  return tell(deps, hostId, cancelMove, (workspaceId) => ({
    commandId: `undrain/${hostId}/${since}/${workspaceId}`,
    workspaceId,
  }));
}

/** Pauses what a host does by itself, or lets it go on. Wishes of owners are carried out in any case. */
export async function pauseHost(prisma: PrismaClient, hostId: string, reconcilePaused: boolean): Promise<void> {
  await requireHost(prisma, hostId);
  await prisma.host.update({ where: { id: hostId }, data: { reconcilePaused } });
}

async function requireHost(prisma: PrismaClient, hostId: string) {
  const hosts = await prisma.host.findMany({ orderBy: { id: 'asc' } });
  const host = hosts.find(({ id }) => id === hostId);
  if (host) return host;
  const there = hosts.map(({ id }) => id).join(', ') || 'none yet: a worker enters its own when it starts';
  throw new PlatformError(`There is no host ${hostId}. Hosts: ${there}.`);
}

async function tell<Command extends { commandId: string }>(
  { prisma, client }: HostsDeps,
  hostId: string,
  update: UpdateDefinition<Receipt, [Command]>,
  commandFor: (workspaceId: string) => Command,
): Promise<Told> {
  const workspaces = await prisma.workspace.findMany({
    where: { hostId, desiredState: { not: 'deleted' } },
    select: { id: true, accountId: true },
    orderBy: { id: 'asc' },
  });
  const coming = await prisma.placement.count({
    where: { hostId, confirmed: false, workspaceId: { notIn: workspaces.map(({ id }) => id) } },
  });
  const untold: Told['untold'] = [];
  const waiting = [...workspaces];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { id: workspaceId, accountId } = next;
      const command = commandFor(workspaceId);
      try {
        await client.workflow.executeUpdateWithStart(update, {
          args: [command],
          updateId: command.commandId,
          startWorkflowOperation: new WithStartWorkflowOperation(SUBSCRIPTION_WORKFLOW, {
            ...revivalOf(accountId),
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        });
      } catch (error) {
        const cause = error instanceof WorkflowUpdateFailedError ? (error.cause ?? error) : (error as Error);
        untold.push({ workspaceId, why: cause.message });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { hostId, told: workspaces.length - untold.length, untold, coming };
}
