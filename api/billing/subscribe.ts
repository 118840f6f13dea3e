import type Stripe from 'stripe';
import type { Fit, PaymentStep, Subscribed } from './answers.ts';
import { type BillingCommand, type BillingDeps, COMMAND_KEY, onceFor } from './billing-deps.ts';
import { closeOpenSessions, dropUnfinished, refuseSecondPlan } from './checkout.ts';
import { ensureCustomer } from './customer.ts';
import { heldSubscriptions, latestInvoiceOf } from './held-subscriptions.ts';
import { NOTHING_TO_DO, stepFor } from './invoice-payment.ts';
import { attachMethod } from './payment-methods.ts';
import { itemsOf } from './prices.ts';
import { purchaseOf, readBuyer, type Wish } from './purchase.ts';

/**
 * Subscribes with a payment method that is at hand. A payment that the bank wants confirmed leaves the subscription
 * `incomplete` and says how; a declined one leaves nothing.
 *
 * @throws Problem 402 `card-declined`; 409 `subscription-exists`
 */
export async function subscribe(
  deps: BillingDeps,
  command: BillingCommand,
  wish: Pick<Wish, 'interval'> & { planId: string; paymentMethodId: string },
): Promise<Subscribed> {
  const { stripe, catalog } = deps;
  const { account } = command;
  return deps.takeTurn(account.accountId, async () => {
    const buyer = await readBuyer(deps, account);
    const customer = await ensureCustomer(deps, account);
    const before = await heldSubscriptions(stripe, catalog, customer, buyer.state);
    const mine = [before.plan, ...before.unfinished, ...before.others].find(
      (each) => each?.metadata[COMMAND_KEY] === command.id,
    );
    if (mine) return answer(stripe, mine, NOTHING_AMISS_AGAIN);
    // Before anything else is said of the plan: it may be the one that was bought a moment ago.
    refuseSecondPlan({ kind: 'plan' }, before);
    const purchase = purchaseOf(deps, account, buyer, wish);
    await closeOpenSessions(stripe, customer);
    const held = await heldSubscriptions(stripe, catalog, customer, buyer.state);
    refuseSecondPlan(purchase, held);
    await dropUnfinished(stripe, purchase, held);
    const method = await attachMethod(deps, command, customer, wish.paymentMethodId);
    const trialDays = held.hadPlan ? 0 : purchase.trialDays;
    const subscription = await stripe.subscriptions.create(
      {
        customer,
        items: await itemsOf(stripe, catalog, purchase),
        default_payment_method: method,
        payment_behavior: 'allow_incomplete',
        metadata: { ...purchase.metadata, [COMMAND_KEY]: command.id },
        ...(trialDays > 0 && {
          trial_period_days: trialDays,
          trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
        }),
        expand: ['latest_invoice'],
      },
      onceFor(command, 'subscribe'),
    );
    return answer(stripe, subscription, { trialDays, fit: purchase.fit });
  });
}

const NOTHING_AMISS_AGAIN = { trialDays: 0, fit: { misfits: [], idleAddOns: [] } };

async function answer(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  told: { trialDays: number; fit: Fit },
): Promise<Subscribed> {
  const { id, status } = subscription;
  const invoice = latestInvoiceOf(subscription);
  const waits = status === 'incomplete' && invoice;
  const step = waits ? await stepOrGiveUp(stripe, id, invoice) : null;
  return { subscriptionId: id, status, invoiceId: invoice?.id ?? null, ...NOTHING_TO_DO, ...step, ...told };
}

/** A subscription whose first payment was declined is ended: nothing of it lingers for a later payment to bring to life. */
async function stepOrGiveUp(stripe: Stripe, id: string, invoice: Stripe.Invoice): Promise<PaymentStep | null> {
  try {
    return await stepFor(stripe, invoice, { payUrl: null });
  } catch (error) {
    await stripe.subscriptions.cancel(id);
    throw error;
  }
}
