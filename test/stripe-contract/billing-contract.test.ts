import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeAddOn } from '#api/billing/change-add-on.ts';
import { changePlan } from '#api/billing/change-plan.ts';
import { openCheckout } from '#api/billing/checkout.ts';
import { endSubscription, keepSubscription } from '#api/billing/end-subscription.ts';
import { listInvoices, payInvoice, readInvoice } from '#api/billing/invoices.ts';
import { listDisputes, listRefunds } from '#api/billing/money-back.ts';
import { addMethod, listMethods, removeMethod, setDefaultMethod, startSetup } from '#api/billing/payment-methods.ts';
import { openPortal } from '#api/billing/portal.ts';
import { previewPlan } from '#api/billing/preview.ts';
import { subscribe } from '#api/billing/subscribe.ts';
import { type ContractAccount, type ContractShop, openContractShop } from './contract-shop.fixture.ts';

const HOUR_MS = 3_600_000;
/** Attaches, and every charge is refused. https://docs.stripe.com/testing#declined-payments */
const REFUSED = 'pm_card_chargeCustomerFail';

let shop: ContractShop;
beforeAll(async () => {
  shop = await openContractShop();
});
afterAll(() => shop?.close());

/** An account that pays for a plan by the month. */
async function subscriber(planId: string, card = 'pm_card_visa'): Promise<ContractAccount> {
  const account = await shop.open({ card });
  const wish = { planId, interval: 'month' as const, paymentMethodId: card };
  const { status } = await account.bill((deps) => subscribe(deps, account.command('subscribe'), wish));
  expect(status).toBe('active');
  await account.look();
  return account;
}

/** The plan's subscription as the worker reads it. */
async function planOf(account: ContractAccount) {
  const { snapshot } = await account.look();
  const found = snapshot.subscriptions.find((each) => each.role === 'base');
  if (!found) throw new Error('There is no subscription to a plan.');
  return found;
}

/** An hour after a period's end its invoice is final and charged: https://docs.stripe.com/billing/subscriptions/overview */
async function untilCharged(account: ContractAccount): Promise<void> {
  const { currentPeriodEnd } = await planOf(account);
  await account.advance(new Date(Date.parse(currentPeriodEnd) + 2 * HOUR_MS).toISOString());
}

async function useCard(account: ContractAccount, token: string): Promise<string> {
  const { id } = await account.bill((deps) => addMethod(deps, account.command('add'), token));
  await account.bill((deps) => setDefaultMethod(deps, account.command('default'), id));
  return id;
}

describe.concurrent('a customer', () => {
  test('is made once, joined with the account, and found again by the account’s id', async () => {
    const account = await shop.open({ atStripe: false });
    const setups = [];
    for (const _ of ['once', 'again']) {
      setups.push(await account.bill((deps) => startSetup(deps, account.command('setup'))));
    }
    expect(setups.every(({ clientSecret }) => clientSecret.startsWith('seti_'))).toBe(true);
    const customer = await shop.stripe.customers.retrieve(await account.customer());
    expect(customer).toMatchObject({ metadata: { account_id: account.id, user_id: account.id } });
    const namesakes = await shop.stripe.customers.list({ email: `${account.id}@leasehold.test`, limit: 10 });
    expect(namesakes.data).toHaveLength(1);
    expect((await account.look()).snapshot).toMatchObject({ subscriptions: [], card: null });
  });

  test('has payment methods added, listed, chosen and taken away', async () => {
    const account = await shop.open();
    const visa = await account.bill((deps) => addMethod(deps, account.command('add'), 'pm_card_visa'));
    expect(visa).toMatchObject({ brand: 'visa', last4: '4242', isDefault: true });
    const mastercard = await account.bill((deps) => addMethod(deps, account.command('add'), 'pm_card_mastercard'));
    expect(mastercard).toMatchObject({ brand: 'mastercard', isDefault: false });
    await account.bill((deps) => setDefaultMethod(deps, account.command('default'), mastercard.id));
    expect((await account.look()).snapshot.card).toMatchObject({ id: mastercard.id });
    const removed = await account.bill((deps) => removeMethod(deps, account.command('remove'), mastercard.id));
    expect(removed).toEqual({ defaultId: visa.id });
    expect(await account.bill((deps) => listMethods(deps, account.asked))).toMatchObject([{ id: visa.id }]);
    expect((await account.look()).snapshot.card).toMatchObject({ id: visa.id });
  });
});

describe.concurrent('Stripe’s own pages', () => {
  test('Checkout: one page is open at a time, and the same wish gets the same page', async () => {
    const account = await shop.open();
    const first = account.command('checkout');
    const wish = { planId: 'team', interval: 'month' as const };
    const page = await account.bill((deps) => openCheckout(deps, first, wish));
    expect(page).toMatchObject({ url: expect.stringMatching(/^http/), trialDays: 0 });
    expect(await account.bill((deps) => openCheckout(deps, first, wish))).toMatchObject({ sessionId: page.sessionId });
    const addOn = { addOnId: 'micro', interval: 'year' as const, quantity: 2 };
    const later = await account.bill((deps) => openCheckout(deps, account.command('checkout'), addOn));
    expect((await shop.stripe.checkout.sessions.retrieve(page.sessionId)).status).toBe('expired');
    const open = await shop.stripe.checkout.sessions.retrieve(later.sessionId, { expand: ['line_items'] });
    expect(open).toMatchObject({
      status: 'open',
      mode: 'subscription',
      amount_total: 10_000,
      currency: 'usd',
      line_items: { data: [{ quantity: 2 }] },
    });
  });

  test('the portal: its first page, a payment method, a cancel', async () => {
    const account = await subscriber('team');
    for (const flow of [undefined, 'payment-method', 'cancel'] as const) {
      expect(await account.bill((deps) => openPortal(deps, account.asked, flow))).toMatchObject({
        url: expect.stringMatching(/^http/),
      });
    }
  });
});

describe.concurrent('a subscription with a payment method', () => {
  test('begins at once; the same wish again is the same, another one is refused', async () => {
    const account = await shop.open();
    const command = account.command('subscribe');
    const wish = { planId: 'team', interval: 'month' as const, paymentMethodId: 'pm_card_visa' };
    const made = await account.bill((deps) => subscribe(deps, command, wish));
    expect(made).toMatchObject({ status: 'active', clientSecret: null });
    expect(await account.bill((deps) => subscribe(deps, command, wish))).toMatchObject({
      subscriptionId: made.subscriptionId,
    });
    const { snapshot, state } = await account.look();
    expect(snapshot.subscriptions).toMatchObject([
      { id: made.subscriptionId, role: 'base', planId: 'team', status: 'active', invoices: [{ status: 'paid' }] },
    ]);
    expect(state).toMatchObject({ standing: 'active', plan: { id: 'team' } });
    const again = account.bill((deps) => subscribe(deps, account.command('subscribe'), wish));
    await expect(again).rejects.toMatchObject({ code: 'subscription-exists' });
  });

  test.each([
    ['pm_card_visa_chargeDeclined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    // Whoever holds such a card is not told so: https://docs.stripe.com/declines/codes
    ['pm_card_visa_chargeDeclinedLostCard', undefined],
    ['pm_card_visa_chargeDeclinedStolenCard', undefined],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error'],
    [REFUSED, 'generic_decline'],
  ])('with %s is declined with %s, and nothing of it stays', async (paymentMethodId, declineCode) => {
    const account = await shop.open();
    const wish = { planId: 'team', interval: 'month' as const, paymentMethodId };
    const told = { error: 'CARD_DECLINED', advice: expect.any(String), ...(declineCode && { declineCode }) };
    await expect(account.bill((deps) => subscribe(deps, account.command('subscribe'), wish))).rejects.toMatchObject({
      status: 402,
      code: 'card-declined',
      data: told,
    });
    const { snapshot, state } = await account.look();
    expect(snapshot.subscriptions.filter(({ status }) => !/^(canceled|incomplete_expired)$/.test(status))).toEqual([]);
    expect(state.standing).toBe('free');
  });

  test('that the bank wants confirmed waits for its customer, and says how', async () => {
    const account = await shop.open();
    const paymentMethodId = 'pm_card_authenticationRequired';
    const wish = { planId: 'team', interval: 'month' as const, paymentMethodId };
    const made = await account.bill((deps) => subscribe(deps, account.command('subscribe'), wish));
    expect(made).toMatchObject({ status: 'incomplete', clientSecret: expect.stringMatching(/^pi_/) });
    expect((await account.look()).state.standing).toBe('incomplete');
    expect(
      await account.bill((deps) =>
        endSubscription(deps, account.command('cancel'), { target: 'plan', immediate: false }),
      ),
    ).toMatchObject({ status: expect.stringMatching(/^(canceled|incomplete_expired)$/) });
  });

  test('begins with a trial, and is charged at its end', async () => {
    const account = await shop.open();
    const wish = { planId: 'tryout', interval: 'month' as const, paymentMethodId: 'pm_card_visa' };
    const made = await account.bill((deps) => subscribe(deps, account.command('subscribe'), wish));
    expect(made).toMatchObject({ status: 'trialing', trialDays: 14 });
    const { trialEnd } = await planOf(account);
    await account.advance(new Date(Date.parse(trialEnd ?? '') + 2 * HOUR_MS).toISOString());
    expect(await planOf(account)).toMatchObject({ status: 'active', invoices: [{ status: 'paid' }] });
    const { invoices } = await account.bill((deps) => listInvoices(deps, account.asked, { limit: 1 }));
    expect(invoices).toMatchObject([{ paidCents: 1900 }]);
  });
});

describe.concurrent('a change', () => {
  test('to more costs what was shown before, at once', async () => {
    const account = await subscriber('team');
    const preview = await account.bill((deps) => previewPlan(deps, account.asked, { planId: 'studio' }));
    expect(preview).toMatchObject({ when: 'now', currency: 'usd', dueNowCents: 7000, nextAmountCents: 9900 });
    expect(preview.lines.filter((each) => each.isProration).length).toBeGreaterThan(0);
    const changed = await account.bill((deps) => changePlan(deps, account.command('change'), { planId: 'studio' }));
    expect(changed).toMatchObject({ outcome: 'done', status: 'active', invoiceId: expect.any(String) });
    expect(await account.bill((deps) => readInvoice(deps, account.asked, changed.invoiceId ?? ''))).toMatchObject({
      status: 'paid',
      paidCents: preview.dueNowCents,
    });
    expect(await planOf(account)).toMatchObject({ planId: 'studio', status: 'active' });
  });

  test('to more that is declined leaves all as it was, and is taken back', async () => {
    const account = await subscriber('team');
    await useCard(account, REFUSED);
    const change = account.bill((deps) => changePlan(deps, account.command('change'), { planId: 'studio' }));
    await expect(change).rejects.toMatchObject({ status: 402, code: 'card-declined' });
    expect(await planOf(account)).toMatchObject({ planId: 'team', status: 'active' });
    await account.bill((deps) => keepSubscription(deps, account.command('keep'), 'plan'));
    expect(await planOf(account)).toMatchObject({ planId: 'team', status: 'active' });
  });

  test('to less waits for the end of the period, is taken back, and comes then', async () => {
    const account = await subscriber('studio');
    const { currentPeriodEnd: at } = await planOf(account);
    const scheduled = await account.bill((deps) => changePlan(deps, account.command('change'), { planId: 'team' }));
    expect(scheduled).toMatchObject({ outcome: 'scheduled', at });
    expect(await planOf(account)).toMatchObject({ planId: 'studio', plannedChange: { planId: 'team', at } });
    await account.bill((deps) => keepSubscription(deps, account.command('keep'), 'plan'));
    expect(await planOf(account)).toMatchObject({ planId: 'studio', plannedChange: null });
    await account.bill((deps) => changePlan(deps, account.command('change'), { planId: 'team' }));
    await untilCharged(account);
    expect(await planOf(account)).toMatchObject({ planId: 'team', status: 'active', plannedChange: null });
  });

  test('of an add-on’s quantity: more at once, less with the next period', async () => {
    const account = await subscriber('team');
    const { id: subscriptionId } = await account.bill(async ({ stripe }) =>
      stripe.subscriptions.create({
        customer: await account.customer(),
        items: [{ price: await priceOf('micro'), quantity: 1 }],
      }),
    );
    await account.look();
    expect(
      await account.bill((deps) => changeAddOn(deps, account.command('more'), { subscriptionId, quantity: 3 })),
    ).toMatchObject({ outcome: 'done' });
    expect(
      await account.bill((deps) => changeAddOn(deps, account.command('less'), { subscriptionId, quantity: 1 })),
    ).toMatchObject({ outcome: 'scheduled' });
    const { snapshot } = await account.look();
    expect(snapshot.subscriptions).toContainEqual(
      expect.objectContaining({ id: subscriptionId, role: 'add-on', addOnId: 'micro', quantity: 3 }),
    );
    expect(await shop.activities.endAddOn({ subscriptionId, idempotencyKey: account.command('end').id })).toEqual({
      done: 'ends-with-period',
    });
  });
});

async function priceOf(of: string): Promise<string> {
  const { data } = await shop.stripe.prices.list({ lookup_keys: [`${shop.catalog.id}_${of}_month`] });
  if (!data[0]) throw new Error(`There is no price of ${of}.`);
  return data[0].id;
}

describe.concurrent('a renewal', () => {
  test('is charged, and its invoice can be read', async () => {
    const account = await subscriber('team');
    const before = await planOf(account);
    await untilCharged(account);
    expect(await planOf(account)).toMatchObject({ status: 'active', currentPeriodStart: before.currentPeriodEnd });
    const { invoices, next } = await account.bill((deps) => listInvoices(deps, account.asked, { limit: 1 }));
    expect(invoices).toMatchObject([
      { status: 'paid', reason: 'subscription_cycle', paidCents: 2900, pdfUrl: expect.any(String) },
    ]);
    expect(next).toBe(invoices[0]?.id);
    const first = await account.bill((deps) =>
      listInvoices(deps, account.asked, { limit: 1, before: next ?? undefined }),
    );
    expect(first.invoices).toMatchObject([{ reason: 'subscription_create', paidCents: 2900 }]);
  });

  test('that is declined is owed, and paid later with another card', async () => {
    const account = await subscriber('team');
    await useCard(account, REFUSED);
    await untilCharged(account);
    expect(await planOf(account)).toMatchObject({ status: 'past_due' });
    const { state, snapshot } = await account.look();
    expect(state).toMatchObject({ standing: 'grace', debt: { amountCents: 2900, currency: 'usd' } });
    expect(snapshot.paymentInDoubt).toBe(false);
    const invoiceId = state.debt?.invoiceId ?? '';
    await expect(account.bill((deps) => payInvoice(deps, account.command('pay'), { invoiceId }))).rejects.toMatchObject(
      { code: 'card-declined' },
    );
    const good = await account.bill((deps) => addMethod(deps, account.command('add'), 'pm_card_mastercard'));
    expect(
      await account.bill((deps) => payInvoice(deps, account.command('pay'), { invoiceId, paymentMethodId: good.id })),
    ).toMatchObject({ status: 'paid' });
    expect((await account.look()).state).toMatchObject({ standing: 'active', debt: null });
  });

  test('that stays unpaid is cancelled by the worker, and its invoice voided', async () => {
    const account = await subscriber('team');
    await useCard(account, REFUSED);
    await untilCharged(account);
    const { id: subscriptionId } = await planOf(account);
    const { state } = await account.look();
    const idempotencyKey = account.command('cancel').id;
    const input = { subscriptionId, voidOpenInvoices: true, idempotencyKey };
    expect(await shop.activities.cancelSubscription(input)).toEqual({ done: 'canceled' });
    expect(await shop.activities.cancelSubscription(input)).toEqual({ done: 'already-ended' });
    expect(await planOf(account)).toMatchObject({ status: 'canceled' });
    expect(await account.bill((deps) => readInvoice(deps, account.asked, state.debt?.invoiceId ?? ''))).toMatchObject({
      status: 'void',
    });
  });
});

describe.concurrent('an end', () => {
  test('with the period is taken back, and comes when it is not', async () => {
    const account = await subscriber('team');
    const { currentPeriodEnd } = await planOf(account);
    const wish = { target: 'plan', immediate: false } as const;
    const ending = await account.bill((deps) => endSubscription(deps, account.command('cancel'), wish));
    expect(ending).toMatchObject({ status: 'active', endsAt: currentPeriodEnd });
    expect(await planOf(account)).toMatchObject({ cancelAt: currentPeriodEnd });
    const kept = await account.bill((deps) => keepSubscription(deps, account.command('keep'), 'plan'));
    expect(kept).toMatchObject({ endsAt: null });
    expect(await planOf(account)).toMatchObject({ cancelAt: null });
    await account.bill((deps) => endSubscription(deps, account.command('cancel'), wish));
    await untilCharged(account);
    expect(await planOf(account)).toMatchObject({ status: 'canceled', cancelReason: 'cancellation_requested' });
    expect((await account.look()).state).toMatchObject({ standing: 'free', plan: { id: 'free' } });
  });

  test('at once is at once', async () => {
    const account = await subscriber('team');
    const wish = { target: 'plan', immediate: true } as const;
    expect(await account.bill((deps) => endSubscription(deps, account.command('cancel'), wish))).toMatchObject({
      status: 'canceled',
    });
    expect(await planOf(account)).toMatchObject({ status: 'canceled', endedAt: expect.any(String) });
  });

  test('of all that an account has, when it is closed', async () => {
    const account = await subscriber('team');
    const stripeCustomerId = await account.customer();
    const input = { stripeCustomerId, idempotencyKey: account.command('close').id };
    expect(await shop.activities.endBilling(input)).toEqual({ canceled: 1 });
    expect(await shop.activities.endBilling(input)).toEqual({ canceled: 0 });
    expect(await planOf(account)).toMatchObject({ status: 'canceled' });
  });
});

describe.concurrent('money that goes back', () => {
  test('is seen, in part and in full', async () => {
    const account = await subscriber('team');
    const [charge] = (await shop.stripe.charges.list({ customer: await account.customer() })).data;
    await shop.stripe.refunds.create({ charge: charge?.id ?? '', amount: 500 });
    expect(await account.bill((deps) => listRefunds(deps, account.asked))).toMatchObject([
      { amountCents: 500, invoiceId: expect.stringMatching(/^in_/), status: 'succeeded' },
    ]);
    expect((await planOf(account)).refundedInvoiceId).toBeNull();
    await shop.stripe.refunds.create({ charge: charge?.id ?? '' });
    expect((await planOf(account)).refundedInvoiceId).toMatch(/^in_/);
    expect(await account.bill((deps) => listDisputes(deps, account.asked))).toEqual([]);
  });

  test('of two plans one is ended and given back in full, once', async () => {
    const account = await subscriber('team');
    const { id: survivorId } = await planOf(account);
    const second = await shop.stripe.subscriptions.create({
      customer: await account.customer(),
      items: [{ price: await priceOf('studio') }],
    });
    const { snapshot } = await account.look();
    const { latestInvoiceId: invoiceId = null } = snapshot.subscriptions.find(({ id }) => id === second.id) ?? {};
    const input = { subscriptionId: second.id, survivorId, invoiceId, idempotencyKey: account.command('end').id };
    const ended = { done: 'ended', refunded: { amountCents: 9900, currency: 'usd' } };
    expect(await shop.activities.endDuplicate(input)).toEqual(ended);
    expect(await shop.activities.endDuplicate(input)).toEqual(ended);
    expect(await account.bill((deps) => listRefunds(deps, account.asked))).toHaveLength(1);
  });
});

test('what has happened to a customer is among the events, which are walked as the reconciliation does', async () => {
  const { stripe } = shop;
  const [before] = (await stripe.events.list({ limit: 1 })).data;
  const account = await subscriber('team');
  const customer = await account.customer();
  const wanted = new Set(['customer.created', 'customer.subscription.created', 'invoice.paid']);
  const found = new Map<string, string>();
  // Stripe makes its events a moment after what they tell of.
  await expect
    .poll(
      async () => {
        let from = before?.id;
        for (let more = true; more; ) {
          const page = await stripe.events.list({ limit: 100, ...(from ? { ending_before: from } : {}) });
          for (const { id, type, data } of page.data) {
            const object = data.object as { id?: string; customer?: unknown };
            if ([object.id, object.customer].includes(customer)) found.set(type, id);
          }
          from = page.data[0]?.id ?? from;
          more = page.has_more && page.data.length > 0;
        }
        return [...wanted].filter((type) => !found.has(type));
      },
      { timeout: 60_000, interval: 1_000 },
    )
    .toEqual([]);
  const paid = await stripe.events.retrieve(found.get('invoice.paid') ?? '');
  expect(paid).toMatchObject({ object: 'event', livemode: false, data: { object: { customer, status: 'paid' } } });
  const [charge] = (await stripe.charges.list({ customer })).data;
  expect(await stripe.charges.retrieve(charge?.id ?? '')).toMatchObject({ customer });
});
