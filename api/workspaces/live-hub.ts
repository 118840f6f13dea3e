import { setTimeout as delay } from 'node:timers/promises';
import type { LiveWorkspace } from '#activities/contracts.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { HostClient } from '../accounts/host-client.ts';
import type { ServerEvent } from './event-stream.ts';

const RETRY_MS = 2_000;

export interface LiveHub {
  /**
   * Figures of a workspace as they come: `live` with a `LiveWorkspace`, `unreachable` while its host does not answer. A reader
   * that is slow misses some, and always gets the newest.
   */
  watch(workspace: { id: string; hostUrl: string | null }, signal: AbortSignal): AsyncIterable<ServerEvent>;
  /** How many workspaces are asked for at the moment. */
  upstreams(): number;
}

type Frame = { event: 'live'; data: LiveWorkspace } | { event: 'unreachable'; data: null };

interface Upstream {
  hostUrl: string;
  latest: Frame | null;
  readers: Set<() => void>;
  abort: AbortController;
}

/** Figures of workspaces: asked of a host once for each workspace, however many look. */
export function createLiveHub({ hosts, log }: { hosts: HostClient; log: Logger }): LiveHub {
  const upstreams = new Map<string, Upstream>();

  function open(id: string, hostUrl: string): Upstream {
    const upstream: Upstream = { hostUrl, latest: null, readers: new Set(), abort: new AbortController() };
    upstreams.set(id, upstream);
    void follow(id, upstream);
    return upstream;
  }

  async function follow(id: string, upstream: Upstream): Promise<void> {
    const { signal } = upstream.abort;
    const tell = (frame: Frame) => {
      upstream.latest = frame;
      for (const wake of upstream.readers) wake();
    };
    while (!signal.aborted) {
      try {
        for await (const data of hosts.followLive(upstream.hostUrl, id, signal)) tell({ event: 'live', data });
      } catch (error) {
        if (!signal.aborted) log.info({ err: error, workspaceId: id }, 'the host does not tell live figures');
      }
      if (signal.aborted) return;
      tell({ event: 'unreachable', data: null });
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  return {
    async *watch({ id, hostUrl }, signal) {
      if (hostUrl === null) {
        yield { event: 'unreachable', data: null };
        return;
      }
      const upstream = upstreams.get(id) ?? open(id, hostUrl);
      // It may have moved to another host since somebody began to look.
      upstream.hostUrl = hostUrl;
      let wake = () => {};
      const onFrame = () => wake();
      upstream.readers.add(onFrame);
      const onAbort = () => wake();
      signal.addEventListener('abort', onAbort);
      let sent: Frame | null = null;
      try {
        while (!signal.aborted) {
          const { latest } = upstream;
          if (latest && latest !== sent) {
            sent = latest;
            yield latest;
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        signal.removeEventListener('abort', onAbort);
        upstream.readers.delete(onFrame);
        if (upstream.readers.size === 0) {
          upstream.abort.abort();
          if (upstreams.get(id) === upstream) upstreams.delete(id);
        }
      }
    },
    upstreams: () => upstreams.size,
  };
}
