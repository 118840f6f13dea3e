import type Stripe from 'stripe';
import type { AskedAccount } from '../access/find-account.ts';
import { Problem } from '../problem.ts';
import type { HeldMethod } from './answers.ts';
import { type BillingCommand, type BillingDeps, onceFor } from './billing-deps.ts';
import { customerOf, ensureCustomer, requireCustomer } from './customer.ts';

const PAGE = 100;
const CHARGED = new Set(['active', 'trialing', 'past_due', 'unpaid', 'incomplete']);

/** The newest first; none before the first purchase. */
export async function listMethods(deps: BillingDeps, { accountId }: AskedAccount): Promise<HeldMethod[]> {
  const customer = await customerOf(deps, accountId);
  return customer === null ? [] : methodsOf(deps, customer);
}

/** Adds a payment method that `stripe.js` made. The first one becomes the default. */
export async function addMethod(
  deps: BillingDeps,
  command: BillingCommand,
  paymentMethodId: string,
): Promise<HeldMethod> {
  const { account } = command;
  return deps.takeTurn(account.accountId, async () => {
    const customer = await ensureCustomer(deps, account);
    const before = await methodsOf(deps, customer);
    const id = await attachMethod(deps, command, customer, paymentMethodId);
    if (!before.some((each) => each.isDefault)) await chargeFromNowOn(deps, command, customer, id);
    return found(await methodsOf(deps, customer), id);
  });
}

/** What will be charged from now on, by every subscription of the account. */
export async function setDefaultMethod(
  deps: BillingDeps,
  command: BillingCommand,
  paymentMethodId: string,
): Promise<HeldMethod> {
  const { accountId } = command.account;
  return deps.takeTurn(accountId, async () => {
    const customer = await requireCustomer(deps, accountId);
    found(await methodsOf(deps, customer), paymentMethodId);
    await chargeFromNowOn(deps, command, customer, paymentMethodId);
    return found(await methodsOf(deps, customer), paymentMethodId);
  });
}

/**
 * Takes a payment method away. When it was the default, the newest of the others is from then on.
 *
 * @throws Problem 409 `last-payment-method` while a subscription is charged
 */
export async function removeMethod(
  deps: BillingDeps,
  command: BillingCommand,
  paymentMethodId: string,
): Promise<{ defaultId: string | null }> {
  const { stripe } = deps;
  const { accountId } = command.account;
  return deps.takeTurn(accountId, async () => {
    const customer = await requireCustomer(deps, accountId);
    const methods = await methodsOf(deps, customer);
    const { isDefault } = found(methods, paymentMethodId);
    const [next, ...rest] = methods.filter((each) => each.id !== paymentMethodId);
    if (!next && (await chargedSubscriptions(stripe, customer)).length > 0) throw lastMethod();
    const heir = [next, ...rest].find((each) => each?.isDefault) ?? next;
    // First the heir, so that there is no moment in which nothing can be charged.
    if (heir && (isDefault || !heir.isDefault)) await chargeFromNowOn(deps, command, customer, heir.id);
    await stripe.paymentMethods.detach(paymentMethodId, {}, onceFor(command, 'detach'));
    return { defaultId: heir?.id ?? null };
  });
}

/** For `stripe.js`, which asks for a card that is to be charged later. */
export async function startSetup(deps: BillingDeps, command: BillingCommand): Promise<{ clientSecret: string }> {
  const customer = await ensureCustomer(deps, command.account);
  const { client_secret: clientSecret, id } = await deps.stripe.setupIntents.create(
    { customer, usage: 'off_session' },
    onceFor(command, 'setup'),
  );
  if (!clientSecret) throw new Error(`SetupIntent ${id} has no secret.`);
  return { clientSecret };
}

/**
 * Makes a payment method the customer's own. Returns its id, which is another than the given one for Stripe's test cards.
 *
 * @throws Problem 404 `payment-method-not-found` for one that is another customer's
 */
export async function attachMethod(
  { stripe }: BillingDeps,
  command: BillingCommand,
  customer: string,
  paymentMethodId: string,
): Promise<string> {
  // Stripe's tokens of test cards become a payment method when they are attached, and are none before.
  const present = await stripe.paymentMethods.retrieve(paymentMethodId).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  const owner = typeof present?.customer === 'object' ? (present.customer?.id ?? null) : present?.customer;
  if (present && owner === customer) return present.id;
  if (owner) throw methodNotFound();
  const attached = await stripe.paymentMethods
    .attach(paymentMethodId, { customer }, onceFor(command, 'attach'))
    .catch(orNotFound);
  return attached.id;
}

/** A subscription's own payment method goes before the customer's: both are set. */
async function chargeFromNowOn(
  { stripe }: BillingDeps,
  command: BillingCommand,
  customer: string,
  paymentMethodId: string,
): Promise<void> {
  await stripe.customers.update(
    customer,
    { invoice_settings: { default_payment_method: paymentMethodId } },
    onceFor(command, 'default'),
  );
  for (const { id, default_payment_method: own } of await chargedSubscriptions(stripe, customer)) {
    if (own === null || own === paymentMethodId) continue;
    const change = { default_payment_method: paymentMethodId };
    await stripe.subscriptions.update(id, change, onceFor(command, `default/${id}`));
  }
}

async function chargedSubscriptions(stripe: Stripe, customer: string): Promise<Stripe.Subscription[]> {
  const { data } = await stripe.subscriptions.list({ customer, status: 'all', limit: PAGE });
  return data.filter((each) => CHARGED.has(each.status));
}

async function methodsOf({ stripe }: BillingDeps, customerId: string): Promise<HeldMethod[]> {
  const [customer, { data }, charged] = await Promise.all([
    stripe.customers.retrieve(customerId),
    stripe.customers.listPaymentMethods(customerId, { limit: PAGE }),
    chargedSubscriptions(stripe, customerId),
  ]);
  // What Checkout asked for is the subscription's own, and goes before the customer's.
  const own = charged.map((each) => each.default_payment_method).find((each) => each !== null);
  const chosen = own ?? (customer.deleted ? null : customer.invoice_settings.default_payment_method);
  const defaultId = typeof chosen === 'object' ? chosen?.id : chosen;
  return data.map(({ id, type, card }) => ({
    id,
    type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
    isDefault: id === defaultId,
  }));
}

function found(methods: HeldMethod[], id: string): HeldMethod {
  const method = methods.find((each) => each.id === id);
  if (!method) throw methodNotFound();
  return method;
}

function orNotFound(error: unknown): never {
  if (isMissing(error)) throw methodNotFound();
  throw error;
}

/** Whether Stripe says that there is no such object. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'resource_missing';
}

export function methodNotFound(): Problem {
  return new Problem(
    404,
    'payment-method-not-found',
    'There is no such payment method',
    'Take an id from GET …/billing/payment-methods, or a new one from stripe.js.',
  );
}

function lastMethod(): Problem {
  return new Problem(
    409,
    'last-payment-method',
    'It is the last payment method',
    'A subscription is charged on it. Add another one first, or cancel the subscription.',
  );
}
