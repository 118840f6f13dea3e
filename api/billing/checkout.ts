import type Stripe from 'stripe';
import { Problem } from '../problem.ts';
import type { Fit, OpenedCheckout } from './answers.ts';
import { type BillingCommand, type BillingDeps, COMMAND_KEY, onceFor } from './billing-deps.ts';
import { ensureCustomer } from './customer.ts';
import { type HeldSubscriptions, heldSubscriptions, refuseOwing } from './held-subscriptions.ts';
import { itemsOf } from './prices.ts';
import { type Purchase, purchaseOf, readBuyer, type Wish } from './purchase.ts';
import { keyReused } from './stripe-problem.ts';

/** On a Checkout Session: what it is for. */
const OFFER_KEY = 'leasehold_offer';
const PAGE = 100;

/**
 * Sends somebody to pay. Of an account's Checkout Sessions one is open at a time: those before it are closed first, and what
 * was paid on one of them meanwhile counts.
 *
 * @throws Problem 409 `subscription-exists` when the account has a plan already: that is changed, not bought again
 */
export async function openCheckout(deps: BillingDeps, command: BillingCommand, wish: Wish): Promise<OpenedCheckout> {
  const { stripe, catalog } = deps;
  const { account } = command;
  const { accountId } = account;
  return deps.takeTurn(accountId, async () => {
    const buyer = await readBuyer(deps, account);
    const purchase = purchaseOf(deps, account, buyer, wish);
    const customer = await ensureCustomer(deps, account);
    const earlier = await stripe.checkout.sessions.list({ customer, limit: PAGE });
    const mine = earlier.data.find((each) => each.metadata?.[COMMAND_KEY] === command.id);
    if (mine) return sentAgain(mine, purchase);
    await closeSessions(stripe, earlier.data);
    // Read after they were closed: from here on nothing can be paid on one of them.
    const held = await heldSubscriptions(stripe, catalog, customer, buyer.state);
    refuseSecondPlan(purchase, held);
    if (held.plan) refuseOwing(held.plan);
    await dropUnfinished(stripe, purchase, held);
    const trialDays = held.hadPlan ? 0 : purchase.trialDays;
    const session = await stripe.checkout.sessions.create(
      {
        mode: 'subscription',
        customer,
        client_reference_id: accountId,
        line_items: await itemsOf(stripe, catalog, purchase),
        subscription_data: {
          metadata: { ...purchase.metadata, [COMMAND_KEY]: command.id },
          ...(trialDays > 0 && {
            trial_period_days: trialDays,
            trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
          }),
        },
        success_url: `${deps.webOrigin}/accounts/${accountId}/billing?done=bought`,
        cancel_url: `${deps.webOrigin}/accounts/${accountId}/billing?done=left`,
        metadata: { account_id: accountId, [COMMAND_KEY]: command.id, [OFFER_KEY]: purchase.name },
      },
      onceFor(command, 'checkout'),
    );
    return opened(session, trialDays, purchase.fit);
  });
}

/** Closes the account's open Checkout Sessions, so that nothing is bought twice. */
export async function closeOpenSessions(stripe: Stripe, customer: string): Promise<void> {
  const { data } = await stripe.checkout.sessions.list({ customer, status: 'open', limit: PAGE });
  await closeSessions(stripe, data);
}

async function closeSessions(stripe: Stripe, sessions: Stripe.Checkout.Session[]): Promise<void> {
  for (const { id } of sessions.filter((each) => each.status === 'open')) {
    await stripe.checkout.sessions.expire(id).catch(async (error: unknown) => {
      // Paid or expired in this moment: then it is closed.
      const { status } = await stripe.checkout.sessions.retrieve(id);
      if (status === 'open') throw error;
    });
  }
}

/** @throws Problem 409 `subscription-exists` */
export function refuseSecondPlan({ kind }: Pick<Purchase, 'kind'>, { plan }: HeldSubscriptions): void {
  if (kind !== 'plan' || !plan) return;
  throw new Problem(
    409,
    'subscription-exists',
    'There is a subscription already',
    'The account has a plan that is paid for. Change it with PATCH …/billing/subscription; a second one would be charged beside it.',
    { data: { subscriptionId: plan.id } },
  );
}

/** A first payment that was never made is given up for the purchase that comes now. */
export async function dropUnfinished(
  stripe: Stripe,
  { kind }: Purchase,
  { unfinished }: HeldSubscriptions,
): Promise<void> {
  if (kind !== 'plan') return;
  for (const { id } of unfinished) await stripe.subscriptions.cancel(id);
}

function sentAgain(session: Stripe.Checkout.Session, purchase: Purchase): OpenedCheckout {
  if (session.metadata?.[OFFER_KEY] !== purchase.name) {
    throw keyReused();
  }
  if (session.status !== 'open') {
    throw new Problem(
      409,
      'checkout-over',
      'This checkout is over',
      session.status === 'complete'
        ? 'It was paid. Load the account.'
        : 'Its page was closed, because it was not paid in time or another was opened. Send it with another Idempotency-Key.',
    );
  }
  return opened(session, purchase.trialDays, purchase.fit);
}

function opened({ id, url, expires_at }: Stripe.Checkout.Session, trialDays: number, fit: Fit): OpenedCheckout {
  if (!url) throw new Error(`Checkout Session ${id} has no page.`);
  return { url, sessionId: id, expiresAt: new Date(expires_at * 1_000).toISOString(), trialDays, fit };
}
