import type { LiveWorkspace } from '#activities/contracts.ts';
import type { Logger } from '#telemetry/logger.ts';

export interface WorkspaceMessage {
  plugin: string;
  payload?: unknown;
}

export interface HostClient {
  /** Figures of a workspace; `null` when its host does not answer in time. */
  live(hostUrl: string, workspaceId: string): Promise<LiveWorkspace | null>;
  /** Passes a message on. Rejects when the host does not answer. */
  sendMessage(
    hostUrl: string,
    workspaceId: string,
    message: WorkspaceMessage,
  ): Promise<{ status: number; body: unknown }>;
}

/** Speaks to the internal endpoints of host workers, the only ones that touch Docker. */
export function createHostClient(
  deps: { token: string; log: Logger },
  { liveTimeoutMs = 1_500, messageTimeoutMs = 30_000 } = {},
): HostClient {
  async function call(hostUrl: string, path: string, timeoutMs: number, message?: WorkspaceMessage) {
    const answer = await fetch(new URL(path, hostUrl), {
      method: message ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${deps.token}`, 'content-type': 'application/json' },
      body: message ? JSON.stringify(message) : undefined,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  }
  return {
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
