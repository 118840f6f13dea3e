import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { LiveWorkspace, LogOrder } from '#activities/contracts.ts';
import { isEngineUnreachable, unlessMissing } from '#activities/workspaces/engine-error.ts';
import { gatewayUrl, isGatewayHealthy } from '#activities/workspaces/gateway-health.ts';
import { HOST_LABEL, INSTALLATION_LABEL, objectName, WORKSPACE_LABEL } from '#activities/workspaces/ownership.ts';
import { workspaceToken } from '#activities/workspaces/workspace-token.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import type { Logger } from '#telemetry/logger.ts';
import { readLogLines } from './container-log-lines.ts';
import { InternalProblem } from './internal-problem.ts';
import { jsonLines } from './json-lines.ts';
import type { LiveSampler } from './live-sampler.ts';
import { sendToGateway } from './workspace-gateway.ts';

const MEBIBYTE = 1024 * 1024;
/** Many may look at one workspace: the engine is asked about it this often at most. */
const INSPECT_EVERY_MS = 1_000;
/** What is asked for readiness and does not answer within this is not ready. */
const READY_WITHIN_MS = 2_000;
const { messageBytes } = SIZE_LIMITS.workspace;

/** How often somebody who watches gets new figures: the engine takes them once a second. */
const LIVE_EVERY_MS = 1_000;
/** Who follows the log of one workspace at a time. */
const MAX_LOG_FOLLOWERS = 10;

const messageSchema = z.object({
  plugin: z.string().min(1).max(200),
  payload: z.unknown(),
  executionId: z.string().max(64).optional(),
});
const logQuerySchema = z.object({
  tail: z.coerce.number().int().min(0).max(SIZE_LIMITS.log.tailLines).default(200),
  follow: z.stringbool().default(false),
  after: z.iso.datetime().optional(),
});

export interface InternalEndpointDeps {
  docker: Docker;
  /** A client of the same engine that waits for ever: a log that is followed may be quiet for long. */
  patientDocker: Docker;
  sampler: LiveSampler;
  hostId: string;
  installation: string;
  /** `LEASEHOLD_INTERNAL_TOKEN`: who calls must know it, and gateway tokens are derived from it. */
  internalToken: string;
  /** Whether the workspace is stored as one of this host: then having no container is `absent`, else it is a 404. */
  isKnown: (workspaceId: string) => Promise<boolean>;
  /** What must work, beside Docker, for this worker to be ready: each rejects when it does not. Default none. */
  checks?: Record<string, () => Promise<unknown>>;
  /** What other hosts ask for when a workspace moves to them. Default: nothing. */
  dataRoutes?: Hono;
  /** For operators, told with readiness: how well this host keeps workspaces apart and within their storage. Default: nothing. */
  limits?: () => Record<string, string>;
  /** Accounts in trouble by kind, told with readiness: they make no worker unready, as another one would not help them. Default: nothing. */
  accountsInTrouble?: () => Record<string, number | null> | undefined;
  /** What operators watch, answered at `GET /metrics`. Default: nothing. */
  metrics?: Registry;
  /** Told why an answer of a workspace was not taken, for counting. Default: nobody. */
  onAnswerRefused?: (because: string) => void;
  log: Logger;
}

/**
 * What the API asks of a host: live figures of a workspace, its log, and messages into it. Everything but `GET /ready`, `GET /health` and `GET /metrics` needs
 * `Authorization: Bearer <internal token>`; every error is a problem in JSON.
 */
export function createInternalEndpoint(deps: InternalEndpointDeps): Hono {
  const inspections = new Map<string, { at: number; found: Promise<Docker.ContainerInspectInfo | null> }>();
  const logFollowers = new Map<string, number>();
  const refused = deps.onAnswerRefused ?? (() => {});
  const app = new Hono();

  app.onError((error, c) => answerProblem(c, toProblem(error, deps.log)));
  app.notFound((c) => answerProblem(c, new InternalProblem(404, 'not-found', 'There is nothing here.')));

  app.get('/ready', async (c) => {
    const checks = { docker: () => deps.docker.ping(), ...deps.checks };
    const results = await Promise.all(
      Object.entries(checks).map(
        async ([name, check]) =>
          [
            name,
            await inTime(check()).then(
              () => 'ok',
              () => 'failed',
            ),
          ] as const,
      ),
    );
    const ready = results.every(([, result]) => result === 'ok');
    const accountsInTrouble = deps.accountsInTrouble?.();
    const checked = Object.fromEntries(results);
    const status = ready ? 200 : 503;
    return c.json({ ready, checks: checked, limits: deps.limits?.(), accountsInTrouble }, status);
  });

  /** Says nothing of what it needs: to start the process again would not bring that back. */
  app.get('/health', (c) => c.json({ alive: true }));

  app.get('/metrics', async (c) => {
    const { metrics } = deps;
    if (!metrics) throw new InternalProblem(404, 'not-found', 'There is nothing here.');
    return c.body(await metrics.metrics(), 200, { 'Content-Type': metrics.contentType });
  });

  app.use('/workspaces/*', async (c, next) => {
    const [scheme = '', token = ''] = (c.req.header('authorization') ?? '').split(' ', 2);
    const matches = timingSafeEqual(digest(token), digest(deps.internalToken));
    if (scheme.toLowerCase() !== 'bearer' || !matches) {
      throw new InternalProblem(401, 'unauthenticated', 'Send the internal token as a bearer token.');
    }
    await next();
  });

  if (deps.dataRoutes) app.route('/', deps.dataRoutes);

  app.get('/workspaces/:id/live', async (c) => {
    const workspaceId = c.req.param('id');
    const container = await findContainer(workspaceId);
    if (!container && !(await deps.isKnown(workspaceId))) throw workspaceNotFound();
    return c.json(await figures(workspaceId, container));
  });

  app.get('/workspaces/:id/live/stream', async (c) => {
    const workspaceId = c.req.param('id');
    if (!(await findContainer(workspaceId)) && !(await deps.isKnown(workspaceId))) throw workspaceNotFound();
    return jsonLines((signal) => followFigures(workspaceId, signal));
  });

  app.get('/workspaces/:id/logs', async (c) => {
    const query = logQuerySchema.safeParse(c.req.query());
    if (!query.success) throw new InternalProblem(400, 'request-invalid', z.prettifyError(query.error));
    const workspaceId = c.req.param('id');
    const container = await findContainer(workspaceId);
    if (!container && !(await deps.isKnown(workspaceId))) throw workspaceNotFound();
    if (query.data.follow && (logFollowers.get(workspaceId) ?? 0) >= MAX_LOG_FOLLOWERS) {
      throw new InternalProblem(
        429,
        'too-many-readers',
        `${MAX_LOG_FOLLOWERS} readers follow this log already. Close one, or read it without following.`,
      );
    }
    return jsonLines((signal) => logLines(workspaceId, container, { ...query.data, signal }));
  });

  app.post(
    '/workspaces/:id/messages',
    bodyLimit({
      maxSize: messageBytes,
      onError: () => {
        throw new InternalProblem(413, 'body-too-large', `A message may have ${messageBytes} bytes at most.`);
      },
    }),
    async (c) => {
      const message = messageSchema.safeParse(await c.req.json().catch(() => null));
      if (!message.success)
        throw new InternalProblem(400, 'request-invalid', 'Send {"plugin": "name", "payload": any JSON value}.');
      const workspaceId = c.req.param('id');
      const container = await findContainer(workspaceId);
      if (!container && !(await deps.isKnown(workspaceId))) throw workspaceNotFound();
      const url = container?.State.Running && !container.State.Paused ? gatewayUrl(container) : null;
      if (!url)
        throw new InternalProblem(
          409,
          'workspace-not-running',
          'The workspace does not run. Start it and send the message again.',
        );
      const token = workspaceToken(deps.internalToken, workspaceId);
      return c.json(await sendToGateway({ url, token }, message.data, { onRefused: refused }));
    },
  );

  return app;

  /** The workspace's container, if it is of this host and installation. */
  async function findContainer(workspaceId: string): Promise<Docker.ContainerInspectInfo | null> {
    const now = Date.now();
    for (const [id, { at }] of inspections) if (now - at > INSPECT_EVERY_MS) inspections.delete(id);
    const recent = inspections.get(workspaceId) ?? { at: now, found: inspect(workspaceId) };
    inspections.set(workspaceId, recent);
    return recent.found;
  }

  async function inspect(workspaceId: string): Promise<Docker.ContainerInspectInfo | null> {
    if (!/^[\w.-]+$/.test(workspaceId)) return null;
    const container = await unlessMissing(
      deps.docker.getContainer(objectName({ installation: deps.installation, workspaceId })).inspect(),
    );
    const labels = container?.Config.Labels;
    const isOurs =
      labels?.[INSTALLATION_LABEL] === deps.installation &&
      labels[HOST_LABEL] === deps.hostId &&
      labels[WORKSPACE_LABEL] === workspaceId;
    return isOurs ? container : null;
  }

  async function* followFigures(workspaceId: string, signal: AbortSignal): AsyncGenerator<LiveWorkspace> {
    while (!signal.aborted) {
      yield await figures(workspaceId, await findContainer(workspaceId));
      await delay(LIVE_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  async function* logLines(
    workspaceId: string,
    container: Docker.ContainerInspectInfo | null,
    order: LogOrder & { signal: AbortSignal },
  ) {
    if (!container) return;
    const { follow, signal } = order;
    const change = follow ? 1 : 0;
    logFollowers.set(workspaceId, (logFollowers.get(workspaceId) ?? 0) + change);
    try {
      yield* readLogLines(follow ? deps.patientDocker : deps.docker, container.Id, order);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      const left = (logFollowers.get(workspaceId) ?? 0) - change;
      if (left > 0) logFollowers.set(workspaceId, left);
      else logFollowers.delete(workspaceId);
    }
  }

  async function figures(workspaceId: string, container: Docker.ContainerInspectInfo | null): Promise<LiveWorkspace> {
    const isRunning = container?.State.Running === true;
    if (container && !isRunning) deps.sampler.forget(container.Id);
    const sample = container && isRunning ? await deps.sampler.sample(container.Id) : null;
    const { Memory = 0, CpuQuota = 0, CpuPeriod = 0 } = container?.HostConfig ?? {};
    const memoryLimitMb = Math.round(Memory / MEBIBYTE);
    const cpuLimitPercent = CpuPeriod > 0 ? Math.round((CpuQuota / CpuPeriod) * 100) : 0;
    return {
      workspaceId,
      at: sample?.at ?? new Date().toISOString(),
      status: container ? (isRunning ? 'running' : 'stopped') : 'absent',
      containerId: container?.Id ?? null,
      uptimeSeconds: isRunning
        ? Math.max(0, Math.floor((Date.now() - Date.parse(container.State.StartedAt)) / 1000))
        : 0,
      memoryUsedMb: round(sample?.memoryUsedMb ?? 0),
      memoryLimitMb,
      memoryOfLimitPercent: share(sample?.memoryUsedMb ?? 0, memoryLimitMb),
      cpuPercent: round(sample?.cpuPercent ?? 0),
      cpuLimitPercent,
      cpuOfLimitPercent: share(sample?.cpuPercent ?? 0, cpuLimitPercent),
      health: isRunning ? await healthOf(container) : 'none',
    };
  }
}

function workspaceNotFound(): InternalProblem {
  return new InternalProblem(404, 'workspace-not-found', 'This host has no such workspace.');
}

function toProblem(error: unknown, log: Logger): InternalProblem {
  if (error instanceof InternalProblem) return error;
  if (isEngineUnreachable(error)) {
    return new InternalProblem(
      503,
      'engine-unavailable',
      'The Docker engine of this host does not answer. Try again in a moment.',
    );
  }
  log.error({ err: error }, 'an internal request failed');
  return new InternalProblem(500, 'internal-error', 'Something went wrong on this host; its log says what.');
}

function answerProblem(c: Context, { status, code, message, data }: InternalProblem): Response {
  const title = code.replaceAll('-', ' ');
  return c.body(
    JSON.stringify({ ...data, type: `urn:leasehold:problem:${code}`, title, status, detail: message, code }),
    status,
    {
      'content-type': 'application/problem+json',
    },
  );
}

/** The engine looks seldom: whether a workspace that has just started answers is asked of it. */
async function healthOf(container: Docker.ContainerInspectInfo): Promise<LiveWorkspace['health']> {
  const status = container.State.Health?.Status;
  if (status === 'starting') return (await isGatewayHealthy(container)) ? 'healthy' : 'starting';
  return status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** What hangs is not ready. */
function inTime(check: Promise<unknown>): Promise<unknown> {
  const late = AbortSignal.timeout(READY_WITHIN_MS);
  return Promise.race([
    check,
    new Promise((_, reject) => late.addEventListener('abort', () => reject(late.reason), { once: true })),
  ]);
}

function share(value: number, limit: number): number {
  return limit > 0 ? round((value / limit) * 100) : 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
