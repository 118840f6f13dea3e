import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { HostSighting } from '#domain/host-report.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ConvergeWorkspace } from './converge-workspace.ts';
import { unlessMissing } from './engine-error.ts';
import { followEngineEvents } from './engine-events.ts';
import { findStrangers, madeAt, quarantine } from './find-strangers.ts';
import type { HostReporter } from './host-reporter.ts';
import type { Finding, HostStore, StoredWish } from './host-store.ts';
import { HOST_LABEL, INSTALLATION_LABEL, objectName } from './ownership.ts';
import { CRASH_ACTIONS, createCrashWatch, LOOP_WITHIN_MS } from './watch-crashes.ts';
import { hasLimits } from './workspace-container.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';

/** So many are brought back at the same time after a restart of everything. */
const AT_ONCE = 4;
/** What the database does not know may be about to be known. */
const STRANGER_AFTER_MS = 2 * 60_000;
/** Trouble that is longer ago than this was told to be over when it was. */
const STABLE_TOLD_MS = 60 * 60_000;

export interface ReconcileHostDeps {
  docker: Docker;
  /** The one that the host's activities use: both must share its lanes. */
  converge: ConvergeWorkspace;
  store: HostStore;
  reporter: HostReporter;
  hostId: string;
  installation: string;
  /** Sets the host's packet filter anew: an engine that starts, or an operator, may have changed it. Never rejects. */
  enforceIsolation?: () => Promise<void>;
  /** Told how many things nobody answers for were found at a look, by what they are. */
  onStrangers?: (found: Record<Finding['what'], number>) => void;
  log: Logger;
}

export interface HostReconciler {
  stop(): Promise<void>;
}

/**
 * Keeps a host as it should be. After each (re)connection to the engine's events, and every `everyMs`, it compares what the
 * engine has with the settled wishes: what is astray is brought back at once, without waiting for a workflow, and its
 * workflow is told and looks for itself. What failed is its workflow's to try again. Containers with our labels that the
 * database does not know are put aside, everything else that nobody answers for is reported and left alone. Crashes and
 * memory kills are taken from the events.
 *
 * While support has paused it, it writes incidents down and does nothing else.
 *
 * @param options.everyMs time between two looks; default 60,000
 * @param options.strangerAfterMs what is unknown for less is left alone; default two minutes
 */
export function startHostReconciler(
  deps: ReconcileHostDeps,
  { everyMs = 60_000, strangerAfterMs = STRANGER_AFTER_MS } = {},
): HostReconciler {
  const { docker, store, log } = deps;
  const stopping = new AbortController();
  const crashes = createCrashWatch(deps);
  const failed = new Set<string>();
  const toldStable = new Set<string>();
  /** By id: since when it is unknown. */
  const unknownSince = new Map<string, number>();
  let wake = new AbortController();

  async function look(): Promise<void> {
    await deps.enforceIsolation?.();
    if (await store.isPaused()) return;
    await deps.reporter.tellKept();
    const wishes = await store.readSettledWishes();
    const astray: StoredWish[] = [];
    for (const wish of wishes) if (await isAstray(wish)) astray.push(wish);
    await inParallel(astray, restore);
    await tellStable(wishes);
    await lookForStrangers();
  }

  /** Not running though it should, or the other way round, or with other limits; and not known to be hopeless. */
  async function isAstray({ workspaceId, generation, desired }: StoredWish): Promise<boolean> {
    if (desired.state === 'deleted' || failed.has(key({ workspaceId, generation }))) return false;
    if (crashes.isStopped(workspaceId, generation)) return false;
    const name = objectName({ installation: deps.installation, workspaceId });
    const container = await unlessMissing(docker.getContainer(name).inspect());
    const runs = container?.State.Running === true;
    if (desired.state === 'stopped') return runs;
    if (!runs) return true;
    const { HostConfig, State } = container;
    const keeps = HostConfig.RestartPolicy?.Name === 'unless-stopped';
    return !keeps || State.Paused || !hasLimits(container, desired.size);
  }

  async function restore(wish: StoredWish): Promise<void> {
    const { workspaceId, generation } = wish;
    if (stopping.signal.aborted) return;
    try {
      const { actions } = await deps.converge({ ...wish, now: new Date().toISOString() }, { signal: stopping.signal });
      if (actions.length === 0) return;
      log.info({ workspaceId, actions }, 'a workspace was brought back to its settled state');
    } catch (error) {
      if (error instanceof StaleGeneration || stopping.signal.aborted) return;
      log.warn({ err: error, workspaceId }, 'a workspace could not be brought back to its settled state');
      if (!(error instanceof WorkspaceFailed)) return;
      failed.add(key({ workspaceId, generation }));
    }
    await tell(wish, `astray/${Date.now()}`, { kind: 'astray' });
  }

  async function tellStable(wishes: StoredWish[]): Promise<void> {
    const now = Date.now();
    const lastIncidents = await store.readLastIncidents(new Date(now - STABLE_TOLD_MS));
    for (const wish of wishes) {
      const at = lastIncidents.get(wish.workspaceId);
      if (!at || wish.desired.state !== 'running' || now - at.getTime() < LOOP_WITHIN_MS) continue;
      const id = `stable/${at.toISOString()}`;
      if (toldStable.has(`${wish.workspaceId}/${id}`)) continue;
      await tell(wish, id, { kind: 'stable' });
      toldStable.add(`${wish.workspaceId}/${id}`);
    }
  }

  async function tell(
    { accountId, workspaceId, generation }: StoredWish,
    id: string,
    saw: HostSighting,
  ): Promise<void> {
    await deps.reporter.tell(accountId, { reportId: `${workspaceId}/${id}`, workspaceId, generation, saw });
  }

  async function lookForStrangers(): Promise<void> {
    const found = await findStrangers(deps, await store.readKnownIds());
    const now = Date.now();
    for (const id of unknownSince.keys()) if (!found.some((each) => each.id === id)) unknownSince.delete(id);
    const lasting: Finding[] = [];
    for (const finding of found) {
      const since = unknownSince.get(finding.id) ?? now;
      unknownSince.set(finding.id, since);
      const made = now - since < strangerAfterMs ? null : await madeAt(docker, finding);
      if (made && now - made.getTime() >= strangerAfterMs) lasting.push(finding);
    }
    for (const finding of lasting) {
      if (finding.what === 'unknown' && finding.kind === 'container')
        finding.quarantine = await quarantine(docker, finding);
    }
    for (const { what, kind, name, workspaceId, quarantine } of await store.saveFindings(lasting)) {
      log.warn({ what, kind, name, workspaceId, quarantine }, 'nobody answers for something on this host');
    }
    const count = (what: Finding['what']) => lasting.filter((each) => each.what === what).length;
    deps.onStrangers?.({ unknown: count('unknown'), foreign: count('foreign') });
  }

  const labels = [`${INSTALLATION_LABEL}=${deps.installation}`, `${HOST_LABEL}=${deps.hostId}`];
  const following = followEngineEvents(
    {
      ...{ docker, labels, log, actions: CRASH_ACTIONS, since: new Date(Date.now() - LOOP_WITHIN_MS) },
      onConnected: () => wake.abort(),
      onEvent: (event) => crashes.take(event),
    },
    stopping.signal,
  );

  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await delay(everyMs, undefined, { signal: AbortSignal.any([stopping.signal, wake.signal]) }).catch(() => {});
      wake = new AbortController();
      if (stopping.signal.aborted) return;
      await look().catch((err: unknown) => log.warn({ err }, 'the workspaces of this host could not be compared'));
    }
  })();

  return {
    async stop() {
      stopping.abort();
      await Promise.all([following, looking]);
      await crashes.idle();
    },
  };
}

function key({ workspaceId, generation }: Pick<StoredWish, 'workspaceId' | 'generation'>): string {
  return `${workspaceId}/${generation}`;
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    }),
  );
}
