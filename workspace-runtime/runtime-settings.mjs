import { fileURLToPath } from 'node:url';

/**
 * Settings of both processes, from the container's environment. Defaults in brackets.
 *
 * - `LEASEHOLD_WORKSPACE_TOKEN`: bearer token of `POST /messages`; without one every message is refused
 * - `LEASEHOLD_GATEWAY_PORT` [8080], `LEASEHOLD_GATEWAY_HOST` [0.0.0.0: the container's own network]
 * - `LEASEHOLD_PLUGIN_SOCKET` [/tmp/plugin-runtime.sock]: where the two processes meet
 * - `LEASEHOLD_HEALTH_FILE` [/tmp/healthy-until]: read by the image's health check
 * - `LEASEHOLD_PLUGIN_DIR` [/data/plugins]: the customer's plugins
 * - `LEASEHOLD_PLUGIN_TIMEOUT_MS` [10000]: an execution that takes longer is ended
 * - `LEASEHOLD_PLUGIN_MEMORY_MB` [64]: JavaScript heap of one execution
 * - `LEASEHOLD_PLUGIN_CONCURRENCY` [4]: executions at a time; others wait their turn
 */
export function readSettings(env = process.env) {
  return {
    token: env.LEASEHOLD_WORKSPACE_TOKEN ?? '',
    port: positiveInteger(env, 'LEASEHOLD_GATEWAY_PORT', 8080),
    host: env.LEASEHOLD_GATEWAY_HOST ?? '0.0.0.0',
    socketPath: env.LEASEHOLD_PLUGIN_SOCKET ?? '/tmp/plugin-runtime.sock',
    healthFile: env.LEASEHOLD_HEALTH_FILE ?? '/tmp/healthy-until',
    pluginDirs: [env.LEASEHOLD_PLUGIN_DIR ?? '/data/plugins', fileURLToPath(new URL('./plugins', import.meta.url))],
    timeoutMs: positiveInteger(env, 'LEASEHOLD_PLUGIN_TIMEOUT_MS', 10_000),
    memoryMb: positiveInteger(env, 'LEASEHOLD_PLUGIN_MEMORY_MB', 64),
    concurrency: positiveInteger(env, 'LEASEHOLD_PLUGIN_CONCURRENCY', 4),
  };
}

function positiveInteger(env, name, fallback) {
  const value = Number(env[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name} must be a positive whole number.`);
  return value;
}
