import type { NativeConnection } from '@temporalio/worker';
import { NotMendedByWaiting } from '#telemetry/keep-trying.ts';
import type { Logger } from '#telemetry/logger.ts';
import {
  accountIdAttribute,
  graceEndsAtAttribute,
  planAttribute,
  standingAttribute,
} from '#workflows/subscription/search-attributes.ts';

const REQUIRED = [accountIdAttribute, planAttribute, standingAttribute, graceEndsAtAttribute];

/**
 * A namespace without our search attributes would refuse every workflow task, so a worker does not start on one.
 *
 * @throws NotMendedByWaiting naming what is missing and the command that adds it; the server's error while it is away
 */
export async function requireSearchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): Promise<void> {
  let present: Set<string>;
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    present = new Set(Object.keys(customAttributes ?? {}));
  } catch (error) {
    if (isAway(error)) throw error;
    // Temporal Cloud keeps this service to itself.
    log.warn({ err: error, namespace }, 'the search attributes could not be listed; going on as if they were there');
    return;
  }
  const missing = REQUIRED.filter(({ name }) => !present.has(name));
  if (missing.length === 0) return;
  const flags = missing.map(
    ({ name, type }) => `--name ${name} --type ${type === 'DATETIME' ? 'Datetime' : 'Keyword'}`,
  );
  throw new NotMendedByWaiting(
    `Namespace ${namespace} lacks the search attributes ${missing.map(({ name }) => name).join(', ')}. ` +
      `Add them: temporal operator search-attribute create --namespace ${namespace} ${flags.join(' ')}`,
  );
}

/** gRPC: DEADLINE_EXCEEDED, NOT_FOUND (a server that starts does not know its namespaces yet), RESOURCE_EXHAUSTED, UNAVAILABLE. */
function isAway(error: unknown): boolean {
  return [4, 5, 8, 14].includes((error as { code?: number }).code ?? 0);
}
