import { serve } from '@hono/node-server';
import { readOrEnd } from '#settings/read-or-end.ts';
import { describeUnknown, unknownSettings } from '#settings/unknown-settings.ts';
import { createLogger } from '#telemetry/logger.ts';
import { outliveLosses } from '#telemetry/outlive-losses.ts';
import { outliveServerErrors } from '#telemetry/outlive-server-errors.ts';
import { recorded } from './conformance/recording.ts';
import { IN_MEMORY, readSettings } from './settings.ts';
import { createSimulator } from './simulator.ts';

const HOST = '127.0.0.1';

const settings = readOrEnd(() => readSettings(process.env));
const logger = createLogger('stripe-simulator', settings.logLevel);
outliveLosses(logger);
for (const unknown of unknownSettings(process.env)) logger.warn(describeUnknown(unknown));
const simulator = readOrEnd(() =>
  createSimulator({
    statePath: settings.statePath,
    publicUrl: settings.publicUrl,
    forward: settings.forward,
    policy: {
      retryAfterDays: settings.retryAfterDays,
      afterLastRetry: settings.afterLastRetry,
      upcomingDays: settings.upcomingDays,
    },
    logger,
  }),
);
const fetch = recorded((request) => simulator.app.fetch(request), settings.recordings);
const server = serve({ fetch, hostname: HOST, port: settings.port }, (address) => {
  logger.info(
    { url: `http://${HOST}:${address.port}`, state: settings.statePath ?? IN_MEMORY },
    'the Stripe simulator is up',
  );
});
outliveServerErrors(server, logger, 'the Stripe simulator can not listen');

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
