import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { serve } from '@hono/node-server';
import type { ServerBuild } from '@remix-run/node';
import { readOrEnd } from '#settings/read-or-end.ts';
import { describeUnknown } from '#settings/unknown-settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import { outliveLosses } from '#telemetry/outlive-losses.ts';
import { outliveServerErrors } from '#telemetry/outlive-server-errors.ts';
import { readWebSettings } from './settings.ts';
import { createWebApp } from './web-app.ts';

/** How long requests in flight may take once the process was asked to stop. */
const DRAIN_MS = 3_000;
/** Browsers keep connections open; each is closed as soon as nothing goes over it. */
const IDLE_CHECK_MS = 50;

const settings = readOrEnd(() => readWebSettings());
const log = createLogger('web', settings.logLevel);
outliveLosses(log);
for (const unknown of settings.unknown) log.warn(describeUnknown(unknown));
// By way of the root: this runs from `build/` too.
const buildUrl = new URL('../web/build/server/index.js', import.meta.url);

if (!existsSync(buildUrl)) {
  log.fatal('The web app is not built yet. Run `npm run build:web` and start again.');
  process.exit(1);
}

const stopping = new AbortController();
const app = createWebApp({
  build: (await import(buildUrl.href)) as ServerBuild,
  clientFolder: fileURLToPath(new URL('../web/build/client', import.meta.url)),
  ...settings,
  log,
  stopping: stopping.signal,
});
const server = serve({ fetch: app.fetch, port: settings.port, hostname: settings.listen }, (address) =>
  log.info({ port: address.port }, 'web listens'),
);
outliveServerErrors(server, log, `Port ${settings.port} can't be used. Set LEASEHOLD_WEB_PORT to a free one.`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(signal));

function stop(signal: string): void {
  log.info({ signal }, 'web stops');
  stopping.abort();
  server.close(() => process.exit(0));
  if (!('closeIdleConnections' in server)) return;
  setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS).unref();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
}
