import { rmSync } from 'node:fs';
import { createPluginServer } from './plugin-server.mjs';
import { log, stopOnSignal } from './process-life.mjs';
import { readSettings } from './runtime-settings.mjs';

const settings = readSettings();
const server = createPluginServer({ ...settings, log });
// A runtime that was killed leaves its socket behind.
rmSync(settings.socketPath, { force: true });
server.listen(settings.socketPath, () => log({ level: 'info', event: 'listening', process: 'plugin-runtime' }));
stopOnSignal('plugin-runtime', server);
