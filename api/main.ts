import { serve } from '@hono/node-server';
import { readOrEnd } from '#settings/read-or-end.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { keepTrying } from '#telemetry/keep-trying.ts';
import { createLogger } from '#telemetry/logger.ts';
import { outliveLosses } from '#telemetry/outlive-losses.ts';
import { outliveServerErrors } from '#telemetry/outlive-server-errors.ts';
import { createApi } from './create-api.ts';
import { readApiSettings } from './settings.ts';

const SHUTDOWN_MS = 10_000;

const settings = readOrEnd(() => readApiSettings(process.env));
const log = createLogger('api', settings.logLevel);
outliveLosses(log);
for (const unknown of unknownSettings(process.env)) log.warn(describeUnknown(unknown));
const env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value ? [[name, value]] : [])));
const api = readOrEnd(() => createApi(settings, env, log));
const stopping = new AbortController();

const server = serve({ fetch: api.app.fetch, hostname: settings.listen, port: settings.port }, ({ port }) => {
  log.info({ port }, 'listening');
});
outliveServerErrors(server, log, 'the port could not be opened');
api.forwarder.start();

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void stop(signal));
}
// PostgreSQL may be away, full or read-only: what does not need it is answered meanwhile, the rest with 503.
await keepTrying('the demo user can not be made ready yet', api.prepare, { log, signal: stopping.signal }).catch(
  (error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  },
);

async function stop(signal: string): Promise<void> {
  stopping.abort();
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
