import { CommandRefused } from '#domain/commands.ts';
import { linkCustomer } from '#domain/link-customer.ts';
import type { AccountDesk } from './account-desk.ts';
import { tried } from './billing.ts';
import { workflowNow } from './clock.ts';
import { meetFault } from './faults.ts';
import { steps } from './local-steps.ts';

/** Settles one after the other whose customers the account has asked for. None is left: whoever asked has an answer, if only to try again. */
export async function settleClaims(desk: AccountDesk): Promise<void> {
  for (const claim of desk.openClaims()) {
    const { commandId, stripeCustomerId } = claim.command;
    const accountId = desk.state?.accountId ?? '';
    const answer = await tried('claim a customer', () => steps.claimCustomer({ accountId, stripeCustomerId }));
    if (!answer) {
      claim.outcome = 'not-recorded';
      continue;
    }
    if (!answer.value.claimed) {
      const why = `The customer ${stripeCustomerId} belongs to another account, or this one is not stored yet: try again.`;
      claim.outcome = new CommandRefused('CustomerAlreadyLinked', why);
      continue;
    }
    try {
      claim.outcome = desk.command(commandId, (state) => linkCustomer(state, claim.command, workflowNow()));
      desk.lookAsked = true;
    } catch (error) {
      if (error instanceof CommandRefused) claim.outcome = error;
      else {
        meetFault(desk, 'linkCustomer', error);
        claim.outcome = 'fault';
      }
    }
  }
}
