import { Argument, Command } from 'commander';
import { withSimulatedCustomer } from '../simulated-customer.ts';
import { textArgument } from '../text-argument.ts';

/** Stripe's test cards by what they do: https://docs.stripe.com/testing */
const CARDS = { good: 'pm_card_visa', failing: 'pm_card_chargeCustomerFail' } as const;

/** `leasehold card`: gives a customer of the simulator another card, so that the next renewal fails, or is paid. */
export function cardCommand(): Command {
  return new Command('card')
    .description('Give the customer of an account another card (on the Stripe simulator).')
    .argument('<account>', 'id of the account, for example demo', textArgument('id', 'The id'))
    .addArgument(new Argument('<card>', 'what becomes of payments with it').choices(Object.keys(CARDS)))
    .action((accountId: string, card: keyof typeof CARDS) =>
      withSimulatedCustomer(accountId, async ({ stripe, stripeCustomerId }) => {
        const { id } = await stripe.paymentMethods.attach(CARDS[card], { customer: stripeCustomerId });
        await stripe.customers.update(stripeCustomerId, { invoice_settings: { default_payment_method: id } });
        console.log(`Account ${accountId} pays with a ${card} card from now on.`);
      }),
    );
}
