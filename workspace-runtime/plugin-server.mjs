import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { findPlugin, listPlugins } from './find-plugin.mjs';
import { jsonListener, Problem, readJson } from './json-http.mjs';
import { runPlugin } from './run-plugin.mjs';

/** Executions that may wait for a turn; more are refused with 503. */
const MAX_WAITING = 100;

/**
 * The plugin runtime's server, on a unix socket that only the gateway uses.
 *
 * - `POST /executions` `{plugin, payload, executionId?}` → `{plugin, result, durationMs, executionId}`; a failure says
 *   `executionId` and `durationMs` too
 * - `GET /health` → what it is, how much it does and has done since it began
 *
 * Every execution is reported once, as a log line `{event: 'execution', executionId, plugin, durationMs, ok}`.
 */
export function createPluginServer({ pluginDirs, timeoutMs, memoryMb, concurrency, log }) {
  const turns = createTurns(concurrency);
  const executions = { done: 0, failed: 0 };

  async function execute({ plugin, payload, executionId = randomUUID() }) {
    const file = await findPlugin(pluginDirs, plugin);
    if (!file) {
      const known = (await listPlugins(pluginDirs)).join(', ');
      throw new Problem(404, 'PLUGIN_NOT_FOUND', `There is no plugin of that name. Known: ${known}.`);
    }
    return turns.take(async () => {
      const startedAt = performance.now();
      const elapsedMs = () => Math.round((performance.now() - startedAt) * 10) / 10;
      try {
        const result = await runPlugin({ file, plugin, payload, executionId, timeoutMs, memoryMb });
        const durationMs = elapsedMs();
        executions.done += 1;
        log({ level: 'info', event: 'execution', executionId, plugin, durationMs, ok: true });
        return { plugin, result, durationMs, executionId };
      } catch (error) {
        const durationMs = elapsedMs();
        executions.failed += 1;
        log({ level: 'warn', event: 'execution', executionId, plugin, durationMs, ok: false, reason: error.code });
        if (error instanceof Problem) error.extra = { executionId, durationMs };
        throw error;
      }
    });
  }

  return createServer(
    jsonListener(async (request) => {
      const path = request.url.split('?', 1)[0];
      if (request.method === 'GET' && path === '/health') {
        return { pid: process.pid, uptimeSeconds: Math.floor(process.uptime()), ...turns.load(), executions };
      }
      if (request.method === 'POST' && path === '/executions') return execute(await readJson(request));
      throw new Problem(404, 'NOT_FOUND', 'There is nothing here.');
    }, log),
  );
}

function createTurns(concurrency) {
  let running = 0;
  const waiting = [];
  return {
    load: () => ({ running, waiting: waiting.length }),
    async take(work) {
      if (running >= concurrency) {
        if (waiting.length >= MAX_WAITING)
          throw new Problem(503, 'BUSY', 'Too many executions are waiting. Try again in a moment.');
        await new Promise((resolve) => waiting.push(resolve));
      } else {
        running += 1;
      }
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        // A turn is handed on as it is, so that nobody can slip in between.
        if (next) next();
        else running -= 1;
      }
    },
  };
}
