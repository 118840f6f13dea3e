import { setTimeout as delay } from 'node:timers/promises';
import type { AccountView } from '#domain/account-view.ts';
import { later } from '#domain/time.ts';
import { workspaceViewAt } from '#domain/workspace-view.ts';
import type { Logger } from '#telemetry/logger.ts';
import { accountView, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import type { AccountAnswer } from '../answers.ts';
import type { TemporalLink } from '../temporal.ts';
import { isTemporalUnavailable } from '../temporal-unavailable.ts';
import { CircuitOpen, createCircuitBreaker } from './circuit-breaker.ts';
import type { ReadModel } from './read-model.ts';

/** The view of an account; `null` when nothing is known of it. */
export type ReadAccount = (accountId: string, options?: { minVersion?: number }) => Promise<AccountAnswer | null>;

export interface ReadAccountOptions {
  /** How long the workflow may take to answer before the read model does. Default 1,000. */
  queryDeadlineMs?: number;
  /** How long a version that is asked for is waited for. Default 2,000. */
  versionWaitMs?: number;
}

const POLL_MS = 100;

type Answer = AccountView & Pick<AccountAnswer, 'source' | 'ageSeconds'>;

/**
 * Reads accounts from their workflows, and from the read model when no worker answers in time. With `minVersion` it waits
 * for that version; when it does not come, the newest one is returned and says its own.
 */
export function createReadAccount(
  deps: { temporal: TemporalLink; readModel: ReadModel; billing: { on: boolean }; log: Logger },
  { queryDeadlineMs = 1_000, versionWaitMs = 2_000 }: ReadAccountOptions = {},
): ReadAccount {
  const { temporal, readModel, billing, log } = deps;
  const breaker = createCircuitBreaker({ isFailure: isTemporalUnavailable });

  async function live(accountId: string): Promise<Answer | null> {
    try {
      const view = await breaker(() =>
        temporal.connection.withDeadline(Date.now() + queryDeadlineMs, () =>
          temporal.client.workflow.getHandle(subscriptionWorkflowId(accountId)).query(accountView),
        ),
      );
      return { ...view, source: 'live', ageSeconds: 0 };
    } catch (error) {
      if (!(error instanceof CircuitOpen)) log.info({ err: error, accountId }, 'answered from the read model');
      return null;
    }
  }

  async function stored(accountId: string): Promise<Answer | null> {
    const saved = await readModel.storedView(accountId);
    return saved && { ...saved.view, source: 'read-model', ageSeconds: saved.ageSeconds };
  }

  /** Card and link to pay are in no workflow. A view holds the time at which it was made; between its own acts a workflow's clock stands still. */
  async function atPresent(answer: Answer | null): Promise<AccountAnswer | null> {
    if (!answer) return null;
    const { accountId, debt } = answer;
    const [aheadMs, money] = await Promise.all([
      readModel.clockAheadMs(accountId),
      readModel.moneyOf(accountId, debt?.invoiceId ?? null),
    ]);
    const now = later(answer.now, new Date(Date.now() + aheadMs).toISOString());
    return {
      ...answer,
      now,
      workspaces: answer.workspaces.map((each) => workspaceViewAt(each, now)),
      paymentMethod: money.paymentMethod,
      debt: debt && { ...debt, payUrl: money.payUrl },
      billingIsOn: billing.on,
    };
  }

  return async (accountId, { minVersion = 0 } = {}) => {
    const giveUpAt = performance.now() + versionWaitMs;
    for (;;) {
      const answer = (await live(accountId)) ?? (await stored(accountId));
      if ((answer?.version ?? 0) >= minVersion || performance.now() + POLL_MS >= giveUpAt) return atPresent(answer);
      await delay(POLL_MS);
    }
  };
}
