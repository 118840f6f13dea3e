import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { ConvergeInput } from '#activities/contracts.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ConvergeWorkspace } from './converge-workspace.ts';
import { HOST_LABEL, INSTALLATION_LABEL, WORKSPACE_LABEL } from './ownership.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';

export interface ReconcileHostDeps {
  docker: Docker;
  /** The one that the host's activities use: both must share its lanes. */
  converge: ConvergeWorkspace;
  /**
   * The settled wishes of this host's workspaces: those that a workflow has converged before (`observed_generation` equals
   * `desired_generation`, `observed_state` is not `failed`) and wants running or stopped.
   */
  readSettledWishes: () => Promise<Pick<ConvergeInput, 'accountId' | 'workspaceId' | 'generation' | 'desired'>[]>;
  hostId: string;
  installation: string;
  log: Logger;
}

export interface HostReconciler {
  stop(): Promise<void>;
}

/**
 * Keeps what was settled: after a restart of the host, the engine or the whole platform, what should run is started and what
 * should not is stopped, without waiting for a workflow. It only looks at running or not; a workspace that failed is left
 * to its workflow and tried again only with a new generation.
 *
 * @param options.everyMs time between two looks; default 30,000
 */
export function startHostReconciler(deps: ReconcileHostDeps, { everyMs = 30_000 } = {}): HostReconciler {
  const stopping = new AbortController();
  const failed = new Set<string>();

  async function look(): Promise<void> {
    const wishes = await deps.readSettledWishes();
    const running = await runningWorkspaces(deps);
    const astray = wishes.filter(
      ({ workspaceId, generation, desired }) =>
        desired.state !== 'deleted' &&
        running.has(workspaceId) !== (desired.state === 'running') &&
        !failed.has(`${workspaceId}/${generation}`),
    );
    for (const wish of astray) {
      if (stopping.signal.aborted) return;
      await restore(wish);
    }
  }

  async function restore(wish: Awaited<ReturnType<ReconcileHostDeps['readSettledWishes']>>[number]): Promise<void> {
    const { workspaceId, generation } = wish;
    try {
      const { actions } = await deps.converge({ ...wish, now: new Date().toISOString() }, { signal: stopping.signal });
      if (actions.length > 0)
        deps.log.info({ workspaceId, actions }, 'a workspace was brought back to its settled state');
    } catch (error) {
      if (error instanceof StaleGeneration || stopping.signal.aborted) return;
      if (error instanceof WorkspaceFailed) failed.add(`${workspaceId}/${generation}`);
      deps.log.warn({ err: error, workspaceId }, 'a workspace could not be brought back to its settled state');
    }
  }

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) =>
        deps.log.warn({ err: error }, 'the workspaces of this host could not be compared'),
      );
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

async function runningWorkspaces({ docker, hostId, installation }: ReconcileHostDeps): Promise<Set<string>> {
  const label = [`${INSTALLATION_LABEL}=${installation}`, `${HOST_LABEL}=${hostId}`];
  const containers = await docker.listContainers({ filters: { label, status: ['running'] } });
  return new Set(containers.map(({ Labels }) => Labels[WORKSPACE_LABEL] ?? ''));
}
