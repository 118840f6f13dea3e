import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

/** Runs one execution: loads the plugin, calls it, hands back its result as JSON text. */
const { file, plugin, payload, executionId } = workerData;

try {
  const module = await import(pathToFileURL(file).href);
  if (typeof module.default !== 'function') throw new Error('The plugin has no default export that is a function.');
  const result = await module.default(payload, { plugin, executionId, dataDir: '/data' });
  parentPort.postMessage({ ok: true, json: JSON.stringify(result ?? null) ?? 'null' });
} catch (error) {
  parentPort.postMessage({ ok: false, message: error instanceof Error ? error.message : String(error) });
}
