import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { z } from 'zod';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readLines } from '#incoming/read-lines.ts';
import type { Logger } from '#telemetry/logger.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

const eventSchema = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
  time: z.number(),
  timeNano: z.number(),
});

/** What happened to a container. */
export interface EngineEvent {
  /** Docker's word: `die`, `kill`, `oom`, `start`, … */
  action: string;
  containerId: string;
  /** The container's labels, and what belongs to the action, such as `exitCode`. */
  attributes: Record<string, string>;
  /** The engine's clock, in seconds since 1970. */
  at: number;
}

export interface EngineEventsOptions {
  docker: Docker;
  /** Docker's words for what is followed. */
  actions: string[];
  /** Labels that a container must have, as `name=value`. */
  labels: string[];
  /** From when on the first connection hears of what has happened, as far as the engine remembers (256 events). */
  since: Date;
  /** Called after each (re)connection: what happened in between may be lost with the engine that saw it. */
  onConnected: () => void;
  onEvent: (event: EngineEvent) => void;
  log: Logger;
}

/**
 * Follows the events of containers until `signal` is aborted. A stream that ends, fails or is silent for longer than the
 * client allows is opened again, from the last event that came; none is given twice.
 */
export async function followEngineEvents(options: EngineEventsOptions, signal: AbortSignal): Promise<void> {
  let since = Math.floor(options.since.getTime() / 1000);
  let lastNano = 0;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      const filters = { type: ['container'], event: options.actions, label: options.labels };
      const stream = (await options.docker.getEvents({ since, filters: JSON.stringify(filters) })) as Readable;
      addAbortSignal(signal, stream);
      retryMs = FIRST_RETRY_MS;
      options.onConnected();
      for await (const line of readLines(stream, SIZE_LIMITS.engine.lineBytes)) take(line);
    } catch (err) {
      if (signal.aborted) return;
      // Silence ends it too, and is what a host without trouble has.
      options.log.debug({ err }, "the engine's events ended; connecting again");
    }
    await delay(retryMs, undefined, { signal }).catch(() => {});
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }

  function take(line: string): void {
    const event = line.trim() === '' ? undefined : eventSchema.safeParse(JSON.parse(line)).data;
    if (!event || event.timeNano <= lastNano) return;
    lastNano = event.timeNano;
    since = event.time;
    options.onEvent({
      action: event.Action,
      containerId: event.Actor.ID,
      attributes: event.Actor.Attributes,
      at: event.timeNano / 1e9,
    });
  }
}
