import { setTimeout as delay } from 'node:timers/promises';
import type { HostCapacity } from '#activities/workspaces/host-capacity.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { keepTrying } from '#telemetry/keep-trying.ts';
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
 * what it has. What fails is logged and tried again: at first with growing pauses, later at the next renewal.
 *
 * @param options.everyMs time between renewals; default 15,000
 */
export function registerHost(
  { prisma, hostId, internalUrl, capacity, labels, version, log }: HostRegistrationDeps,
  { everyMs = 15_000 } = {},
): HostRegistration {
  async function renew(): Promise<void> {
    const { memoryMb, cpuPercent } = capacity;
    const row = { internalUrl, memoryMb, cpuPercent, labels, version, seenAt: new Date() };
    await prisma.host.upsert({ where: { id: hostId }, create: { id: hostId, ...row }, update: row });
  }

  const stopping = new AbortController();
  const { signal } = stopping;
  const renewing = async () => {
    while (!signal.aborted) {
      await keepTrying('the host can not be registered', renew, { log, signal, longestPauseMs: everyMs });
      await delay(everyMs, undefined, { signal });
    }
  };
  renewing().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return { stop: () => stopping.abort() };
}
