import { keepHealthFile } from './health-file.mjs';
import { createMessageGateway, isRuntimeUp } from './message-gateway.mjs';
import { log, stopOnSignal } from './process-life.mjs';
import { readSettings } from './runtime-settings.mjs';

const settings = readSettings();
const server = createMessageGateway({ ...settings, log });
server.listen(settings.port, settings.host, () =>
  log({ level: 'info', event: 'listening', process: 'gateway-worker', port: settings.port }),
);
keepHealthFile(settings.healthFile, async () => server.listening && (await isRuntimeUp(settings.socketPath)), log);
stopOnSignal('gateway-worker', server);
