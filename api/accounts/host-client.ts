import type { LiveWorkspace, LogLine, LogOrder } from '#activities/contracts.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readJson } from '#incoming/read-json.ts';
import type { Logger } from '#telemetry/logger.ts';
import { readJsonLines } from '../workspaces/json-lines.ts';

export interface WorkspaceMessage {
  plugin: string;
  payload?: unknown;
  /** What its execution is to be called in the workspace. */
  executionId?: string;
}

export interface HostAnswer {
  status: number;
  body: unknown;
}

/** A host refused. */
export class HostRefusal extends Error {
  override readonly name = 'HostRefusal';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export interface HostClient {
  /** Figures of a workspace; `null` when its host does not answer in time. */
  live(hostUrl: string, workspaceId: string): Promise<LiveWorkspace | null>;
  /** Passes a message on. Rejects when the host does not answer. */
  sendMessage(hostUrl: string, workspaceId: string, message: WorkspaceMessage): Promise<HostAnswer>;
  /** Figures of a workspace about once a second, until `signal` aborts. Rejects when the host does not answer (any more). */
  followLive(hostUrl: string, workspaceId: string, signal: AbortSignal): AsyncIterable<LiveWorkspace>;
  /** What a workspace wrote. Rejects with `HostRefusal`, or when the host does not answer. */
  readLog(hostUrl: string, workspaceId: string, order: LogOrder, signal: AbortSignal): Promise<AsyncIterable<LogLine>>;
}

/** Speaks to the internal endpoints of host workers, the only ones that touch Docker. */
export function createHostClient(
  deps: { token: string; log: Logger },
  {
    liveTimeoutMs = SIZE_LIMITS.host.liveAnswer.withinMs as number,
    messageTimeoutMs = SIZE_LIMITS.host.messageAnswer.withinMs as number,
    silenceMs = 40_000,
  } = {},
): HostClient {
  async function call(hostUrl: string, path: string, timeoutMs: number, message?: WorkspaceMessage) {
    const { maxBytes } = message ? SIZE_LIMITS.host.messageAnswer : SIZE_LIMITS.host.liveAnswer;
    const answer = await fetch(new URL(path, hostUrl), {
      method: message ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${deps.token}`, 'content-type': 'application/json' },
      body: message ? JSON.stringify(message) : undefined,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    return { status: answer.status, body: await readJson(answer, { maxBytes, withinMs: timeoutMs }) };
  }

  /** Opens an answer that goes on. Of a host that is gone without a word, its heartbeat is missed. */
  async function open(hostUrl: string, path: string, signal: AbortSignal): Promise<AsyncGenerator<unknown>> {
    const silence = new AbortController();
    const ended = AbortSignal.any([signal, silence.signal]);
    let timer = setTimeout(() => silence.abort(), liveTimeoutMs * 2);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs).unref();
    };
    try {
      const answer = await fetch(new URL(path, hostUrl), {
        headers: { authorization: `Bearer ${deps.token}` },
        signal: ended,
        redirect: 'error',
      });
      if (answer.status !== 200) {
        const { detail = '' } = (await readJson(answer, SIZE_LIMITS.host.refusal).catch(() => ({}))) as {
          detail?: string;
        };
        throw new HostRefusal(answer.status, detail);
      }
      heard();
      return readJsonLines(answer.body, heard, () => clearTimeout(timer));
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
  }

  return {
    async *followLive(hostUrl, workspaceId, signal) {
      const path = `/workspaces/${encodeURIComponent(workspaceId)}/live/stream`;
      yield* (await open(hostUrl, path, signal)) as AsyncGenerator<LiveWorkspace>;
    },
    async readLog(hostUrl, workspaceId, { tail, follow, after }, signal) {
      const query = new URLSearchParams({ tail: String(tail), follow: String(follow) });
      if (after !== undefined) query.set('after', after);
      const path = `/workspaces/${encodeURIComponent(workspaceId)}/logs?${query}`;
      return (await open(hostUrl, path, signal)) as AsyncGenerator<LogLine>;
    },
    async live(hostUrl, workspaceId) {
      try {
        const answer = await call(hostUrl, `/workspaces/${encodeURIComponent(workspaceId)}/live`, liveTimeoutMs);
        return answer.status === 200 ? (answer.body as LiveWorkspace) : null;
      } catch (error) {
        deps.log.info({ err: error, workspaceId }, 'the host did not tell live figures');
        return null;
      }
    },
    sendMessage: (hostUrl, workspaceId, message) =>
      call(hostUrl, `/workspaces/${encodeURIComponent(workspaceId)}/messages`, messageTimeoutMs, message),
  };
}
