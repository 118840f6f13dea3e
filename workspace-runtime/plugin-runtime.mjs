import { rmSync, writeFileSync } from 'node:fs';
import { createPluginServer } from './plugin-server.mjs';
import { log, stopOnSignal } from './process-life.mjs';
import { readSettings } from './runtime-settings.mjs';

const settings = readSettings();
const server = createPluginServer({ ...settings, log });
// A runtime that was killed leaves its socket behind.
rmSync(settings.socketPath, { force: true });
server.listen(settings.socketPath, () => log({ level: 'info', event: 'listening', process: 'plugin-runtime' }));
stopOnSignal('plugin-runtime', server);
offerAsVictim();

/** Memory outside of the JavaScript heap has no limit but the workspace's: who used it is to be killed for it, not the gateway. */
function offerAsVictim() {
  try {
    writeFileSync('/proc/self/oom_score_adj', '900');
  } catch (error) {
    log({ level: 'warn', event: 'not-first-victim', error: String(error) });
  }
}
