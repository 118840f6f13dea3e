import type { Catalog } from '#domain/catalog.ts';
import type { PoolShortage } from '#domain/commands.ts';
import { offersFor } from '#domain/offers.ts';
import { wayOut } from '#domain/plan-limit.ts';
import { poolLimitError } from '#domain/pool-limit.ts';
import { Problem } from '../problem.ts';
import type { ReadModel } from './read-model.ts';
import type { Refusal } from './refusals.ts';

/** 403 with the limit, the numbers and what lifts it, of a refusal whose reason is the pool; `undefined` of any other. */
export type ExplainShortage = (accountId: string, refusal: Refusal) => Promise<Problem | undefined>;

/** What lifts the limit is found in the account as last saved. */
export function createExplainShortage({
  readModel,
  catalog,
}: {
  readModel: ReadModel;
  catalog: Catalog;
}): ExplainShortage {
  return async (accountId, { message, details }) => {
    const [shortage] = details as [PoolShortage?];
    const account = shortage && (await readModel.storedState(accountId));
    if (!account) return undefined;
    const now = new Date(Date.now() + (await readModel.clockAheadMs(accountId))).toISOString();
    const error = poolLimitError(offersFor(catalog, account, now), shortage);
    const detail = `${message} ${wayOut(error.liftedBy)}`;
    return new Problem(403, 'plan-limit', 'The plan does not allow it', detail, { data: { ...error } });
  };
}
