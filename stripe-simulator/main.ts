import { serve } from '@hono/node-server';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import { recorded } from './conformance/recording.ts';
import { IN_MEMORY, readSettings, type Settings } from './settings.ts';
import { createSimulator } from './simulator.ts';

const HOST = '127.0.0.1';

let settings: Settings;
try {
  settings = readSettings(process.env);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

const logger = createLogger('stripe-simulator', settings.logLevel);
for (const unknown of unknownSettings(process.env)) logger.warn(describeUnknown(unknown));
const simulator = createSimulator({
  statePath: settings.statePath,
  publicUrl: settings.publicUrl,
  forward: settings.forward,
  policy: {
    retryAfterDays: settings.retryAfterDays,
    afterLastRetry: settings.afterLastRetry,
    upcomingDays: settings.upcomingDays,
  },
  logger,
});
const fetch = recorded((request) => simulator.app.fetch(request), settings.recordings);
const server = serve({ fetch, hostname: HOST, port: settings.port }, (address) => {
  logger.info(
    { url: `http://${HOST}:${address.port}`, state: settings.statePath ?? IN_MEMORY },
    'the Stripe simulator is up',
  );
});
server.once('error', (error) => {
  logger.fatal({ err: error }, 'the Stripe simulator can not listen');
  process.exit(1);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    logger.info({ signal }, 'the Stripe simulator stops');
    server.close();
    if ('closeIdleConnections' in server) server.closeIdleConnections();
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'the state could not be written');
        process.exit(1);
      },
    );
  });
}
