import { createCheckRepairs } from './check-repairs.ts';
import { createCompareAccounts } from './compare-accounts.ts';
import type { ReconciliationActivities } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';
import { createFindCustomers } from './find-customers.ts';
import { createPace } from './pace.ts';
import { createRunRecord } from './run-record.ts';
import { createWalkEvents } from './walk-events.ts';

const DEFAULT_PER_SECOND = 5;

/** The activities of the queue `reconciliation`. */
export function createReconciliationActivities(deps: ReconciliationDeps): ReconciliationActivities {
  const pace = createPace(deps.perSecond ?? DEFAULT_PER_SECOND);
  return {
    ...createRunRecord(deps),
    walkEvents: createWalkEvents(deps, pace),
    findCustomers: createFindCustomers(deps, pace),
    compareAccounts: createCompareAccounts(deps, pace),
    checkRepairs: createCheckRepairs(deps, pace),
  };
}
