import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from '#telemetry/logger.ts';

/** What the SDK's core says when it reports a workflow task as failed, whatever the cause. */
const TASK_FAILED = 'Failing workflow task';

/**
 * Sets up the Temporal SDK of this process: it logs through our logger, its core too, and leaves signals to us.
 *
 * @param onTaskFailed called for each workflow task that is reported as failed
 */
export function installTemporalRuntime(log: Logger, onTaskFailed: () => void): void {
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      if (message.startsWith(TASK_FAILED)) onTaskFailed();
      const write =
        level === 'ERROR' ? log.error : level === 'WARN' ? log.warn : level === 'INFO' ? log.info : log.debug;
      write.call(log, meta ?? {}, message);
    }),
  });
}
