import { isCancellation, log } from '@temporalio/workflow';
import { openAccount } from '#domain/open-account.ts';
import { presentSnapshot } from '#domain/stored-snapshot.ts';
import type { AccountDesk } from './account-desk.ts';
import { workflowNow } from './clock.ts';
import { steps } from './local-steps.ts';
import { look, type Reading } from './look.ts';
import type { SubscriptionInput } from './messages.ts';

/**
 * Takes the account up: what the last run carried, else what is stored (support may have terminated the workflow), else
 * a new one. `false` when Stripe or PostgreSQL did not answer, to be tried again; `'unknown'` when there is no such account.
 */
export async function takeUp(desk: AccountDesk, input: SubscriptionInput): Promise<boolean | 'unknown'> {
  const { accountId, opening, recovered, carried } = input;
  const { hints = [], recentCommands = [] } = recovered ?? {};
  if (carried) {
    desk.restore(carried);
    if (recovered) {
      desk.remember({ hints, recentCommands });
      desk.lookAsked = true;
    }
    return true;
  }
  const stored = await tried('load the account', () => steps.loadAccount({ accountId }));
  if (!stored) return false;
  desk.lookAsked = true;
  if (stored.value) {
    desk.restore({ state: stored.value, pendingHints: hints, recentCommands, unsaved: null });
    return true;
  }
  if (!opening) return 'unknown';
  const reading = await readBilling(opening.stripeCustomerId);
  if (!reading) return false;
  desk.remember({ hints, recentCommands });
  desk.put(openAccount({ accountId, ...opening }, workflowNow(), reading.catalog), [
    { id: 'account-opened', at: workflowNow(), kind: 'account-opened', text: 'The account was opened.' },
  ]);
  return true;
}

/** Reads the truth from Stripe and decides from it. `false` when Stripe did not answer: the hints stay. */
export function lookAtBilling(desk: AccountDesk): Promise<boolean> {
  return look(desk, readBilling, workflowNow);
}

async function readBilling(stripeCustomerId: string | null): Promise<Reading | null> {
  const read = await tried('read Stripe', () => steps.readBilling({ stripeCustomerId, now: workflowNow() }));
  return read && { catalog: read.value.catalog, snapshot: presentSnapshot(read.value.snapshot) };
}

/** Expected failures of a step are states, not exceptions: an exception would end the account's workflow. */
export async function tried<T>(what: string, step: () => Promise<T>): Promise<{ value: T } | null> {
  try {
    return { value: await step() };
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn(`Could not ${what}; it will be tried again.`, { error: String(error) });
    return null;
  }
}
