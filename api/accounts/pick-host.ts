import { SMALLEST_SIZE } from '#domain/allocation.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { Problem } from '../problem.ts';

/** A host renews its row four times a minute. One that has not for so long is not given new workspaces. */
const SEEN_WITHIN_MS = 2 * 60_000;

/**
 * The id of the host for a new workspace: of those that are there and have memory left, the one seen last.
 *
 * @param memoryMb what the workspace asks for; default: the least that one may have
 * @throws Problem 503 when there is none
 */
export type PickHost = (memoryMb?: number) => Promise<string>;

export function createPickHost(prisma: PrismaClient): PickHost {
  return async (memoryMb = SMALLEST_SIZE.memoryMb) => {
    const hosts = await prisma.host.findMany({
      where: { seenAt: { gte: new Date(Date.now() - SEEN_WITHIN_MS) } },
      orderBy: { seenAt: 'desc' },
    });
    const promised = await prisma.workspace.groupBy({
      by: ['hostId'],
      where: { desiredState: 'running', hostId: { in: hosts.map((each) => each.id) } },
      _sum: { memoryMb: true },
    });
    const promisedMb = (hostId: string) => promised.find((each) => each.hostId === hostId)?._sum.memoryMb ?? 0;
    const host = hosts.find((each) => each.memoryMb - promisedMb(each.id) >= memoryMb);
    if (!host) throw noHost(hosts.length, memoryMb);
    return host.id;
  };
}

function noHost(present: number, memoryMb: number): Problem {
  const why =
    present === 0 ? 'No host for workspaces is there now' : `No host has ${memoryMb} MB of memory left for a workspace`;
  return new Problem(
    503,
    'no-host',
    'There is no host for the workspace',
    `${why}. Nothing was created. Try again in a minute; if it stays, tell support.`,
    { retryAfterSeconds: 60 },
  );
}
