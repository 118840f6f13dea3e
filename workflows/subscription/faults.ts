import { log } from '@temporalio/workflow';
import type { AccountDesk } from './account-desk.ts';
import { countDropped } from './dropped-messages.ts';

/** Records something of a message. An error of ours in a rule is met: nothing is recorded, and nobody else is kept waiting. */
export function recordSafely(desk: AccountDesk, message: string, record: () => void): void {
  try {
    record();
  } catch (error) {
    meetFault(desk, message, error);
  }
}

/**
 * An error of ours in a rule. The account goes on without the message, in a fresh run: once the rule is mended, the history of this one
 * could not be replayed.
 */
export function meetFault(desk: AccountDesk, message: string, error: unknown): void {
  countDropped(message, 'fault', 'a rule threw an error');
  log.error('A rule threw an error; the message was not taken.', { message, error: String(error) });
  desk.freshRunAsked = true;
}
