import { Worker } from 'node:worker_threads';
import { MAX_BODY_BYTES, Problem } from './json-http.mjs';

/**
 * Runs a plugin once in a thread of its own, with the code as it is on disk now.
 *
 * @param options.timeoutMs the thread is ended after that: `Problem` 504
 * @param options.memoryMb JavaScript heap of the thread; past it the thread ends: `Problem` 422
 * @returns the plugin's result. A plugin that throws is a `Problem` 422 with its message.
 */
export function runPlugin({ file, plugin, payload, executionId, timeoutMs, memoryMb }) {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./plugin-thread.mjs', import.meta.url), {
      workerData: { file, plugin, payload, executionId },
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    });
    const timer = setTimeout(() => {
      settle(
        reject,
        new Problem(504, 'PLUGIN_TIMEOUT', `${plugin} did not finish within ${timeoutMs} ms and was ended.`),
      );
    }, timeoutMs);

    function settle(how, value) {
      clearTimeout(timer);
      how(value);
      void thread.terminate();
    }

    thread.once('message', (outcome) => {
      if (!outcome.ok) {
        settle(
          reject,
          new Problem(422, 'PLUGIN_FAILED', `${plugin} failed: ${String(outcome.message).slice(0, 2000)}`),
        );
      } else if (Buffer.byteLength(outcome.json) > MAX_BODY_BYTES / 2) {
        settle(reject, new Problem(422, 'RESULT_TOO_LARGE', `A result may have ${MAX_BODY_BYTES / 2} bytes at most.`));
      } else {
        settle(resolve, JSON.parse(outcome.json));
      }
    });
    thread.once('error', (error) => {
      const outOfMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      const detail = outOfMemory
        ? `${plugin} needed more than ${memoryMb} MB and was ended.`
        : `${plugin} failed: ${error.message}`;
      settle(reject, new Problem(422, outOfMemory ? 'PLUGIN_OUT_OF_MEMORY' : 'PLUGIN_FAILED', detail));
    });
    thread.once('exit', () => settle(reject, new Problem(422, 'PLUGIN_FAILED', `${plugin} ended without a result.`)));
  });
}
