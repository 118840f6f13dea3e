import type { AccountState } from './account-state.ts';
import { type CommandOutcome, CommandRefused } from './commands.ts';
import type { Instant } from './time.ts';

/**
 * An account that was opened without a customer at Stripe gets its own. What the customer has counts from the next look on;
 * invoices from before are not sent again. The same customer again changes nothing.
 *
 * @throws CommandRefused when the account has another customer
 */
export function linkCustomer(
  state: AccountState,
  { commandId, stripeCustomerId }: { commandId: string; stripeCustomerId: string },
  now: Instant,
): CommandOutcome {
  if (state.stripeCustomerId === stripeCustomerId) return { state, happened: [] };
  if (state.stripeCustomerId !== null)
    throw new CommandRefused(
      'CustomerAlreadyLinked',
      `This account belongs to the customer ${state.stripeCustomerId} at Stripe. One account has one customer for good.`,
    );
  return {
    state: { ...state, stripeCustomerId, invoicesSince: now },
    happened: [
      {
        id: `customer-linked/${commandId}`,
        at: now,
        kind: 'customer-linked',
        text: 'The account was joined with its customer at Stripe.',
      },
    ],
  };
}
