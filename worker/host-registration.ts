import type { HostCapacity } from '#activities/workspaces/host-capacity.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';

export interface HostRegistrationDeps {
  prisma: Pick<PrismaClient, 'host'>;
  hostId: string;
  /** Root of the internal endpoint, as the API reaches it. */
  internalUrl: string;
  capacity: HostCapacity;
  labels: Record<string, string>;
  /** Of this worker's code. */
  version: string;
  log: Logger;
}

export interface HostRegistration {
  /** Ends the renewal. The row stays: its workspaces are still there. */
  stop(): void;
}

/**
 * Puts this host into the registry and renews `seenAt`, so that the API finds its internal endpoint and placement knows
 * what it has. Rejects when the first time fails; later failures are logged and tried again.
 *
 * @param options.everyMs time between renewals; default 15,000
 */
export async function registerHost(
  { prisma, hostId, internalUrl, capacity, labels, version, log }: HostRegistrationDeps,
  { everyMs = 15_000 } = {},
): Promise<HostRegistration> {
  async function renew(): Promise<void> {
    const { memoryMb, cpuPercent } = capacity;
    const row = { internalUrl, memoryMb, cpuPercent, labels, version, seenAt: new Date() };
    await prisma.host.upsert({ where: { id: hostId }, create: { id: hostId, ...row }, update: row });
  }

  await renew();
  const timer = setInterval(() => {
    renew().catch((error: unknown) => log.warn({ err: error, hostId }, 'the host could not be registered again'));
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
