import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createApi } from './create-api.ts';
import { isDatabaseUnavailable } from './database-unavailable.ts';
import { readApiSettings } from './settings.ts';

const SHUTDOWN_MS = 10_000;
const RETRY_PREPARATION_MS = 2_000;

const settings = readApiSettings(process.env);
const log = createLogger('api', settings.logLevel);
for (const unknown of unknownSettings(process.env)) log.warn(describeUnknown(unknown));
const env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
const api = createApi(settings, env, log);
let stopping = false;

const server = serve({ fetch: api.app.fetch, hostname: settings.listen, port: settings.port }, ({ port }) => {
  log.info({ port }, 'listening');
});
server.on('error', (error) => {
  log.fatal({ err: error }, 'the port could not be opened');
  process.exit(1);
});
api.forwarder.start();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void stop(signal));
}
await prepare();

/** An API that starts before PostgreSQL waits for it: the webhook says 503 meanwhile, and Stripe tries again. */
async function prepare(): Promise<void> {
  while (!stopping) {
    try {
      await api.prepare();
      return;
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      log.warn({ err: error }, 'PostgreSQL does not answer yet');
      await delay(RETRY_PREPARATION_MS);
    }
  }
}

async function stop(signal: string): Promise<void> {
  stopping = true;
  log.info({ signal }, 'stopping');
  setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  api.endStreams();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  });
  await api.close();
  process.exit(0);
}
