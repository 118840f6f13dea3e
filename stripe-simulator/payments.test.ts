import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { eventTypes, submit } from './hosted-pages.ts';
import { changeCard, type RunningSimulator, runSimulator, subscribe } from './running-simulator.ts';

vi.setConfig({ testTimeout: 30_000 });

const START = '2026-01-10T12:00:00Z';
let simulator: RunningSimulator;
let stripe: Stripe;
beforeAll(async () => {
  simulator = await runSimulator();
  stripe = simulator.stripe;
});
afterAll(() => simulator.stop());

const chargeOf = async (customer: string) => {
  const [charge] = (await stripe.charges.list({ customer })).data;
  if (!charge) throw new Error('no charge');
  return charge;
};

test('a card is set up and attached; one that is declined, or not authenticated, is not', async () => {
  const customer = await stripe.customers.create({ email: 'ann@example.test' });
  const intent = await stripe.setupIntents.create({
    customer: customer.id,
    usage: 'off_session',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  expect(intent.status).toBe('requires_payment_method');
  await expect(
    stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }),
  ).rejects.toMatchObject({ code: 'card_declined', decline_code: 'insufficient_funds' });
  expect((await stripe.setupIntents.retrieve(intent.id)).last_setup_error?.decline_code).toBe('insufficient_funds');

  const asked = await stripe.setupIntents.confirm(intent.id, {
    payment_method: 'pm_card_authenticationRequired',
    return_url: 'http://127.0.0.1:4310/cards',
  });
  expect(asked.status).toBe('requires_action');
  const url = asked.next_action?.redirect_to_url?.url ?? '';
  expect((await submit(url, { outcome: 'fail' })).location).toBe('http://127.0.0.1:4310/cards');
  const failed = await stripe.setupIntents.retrieve(intent.id);
  expect(failed).toMatchObject({
    status: 'requires_payment_method',
    last_setup_error: { code: 'setup_intent_authentication_failure' },
  });

  const done = await stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
  expect(done.status).toBe('succeeded');
  const [card] = (await stripe.paymentMethods.list({ customer: customer.id })).data;
  expect(done.payment_method).toBe(card?.id);
  expect((await stripe.setupIntents.list({ customer: customer.id })).data).toHaveLength(1);
  expect(await eventTypes(stripe, customer.id)).toEqual([
    'customer.created',
    'setup_intent.created',
    'setup_intent.setup_failed',
    'setup_intent.requires_action',
    'setup_intent.setup_failed',
    'payment_method.attached',
    'setup_intent.succeeded',
  ]);
  await expect(stripe.setupIntents.cancel(intent.id)).rejects.toMatchObject({ code: 'setup_intent_unexpected_state' });
});

test('an attached card is listed, changed with an event, and detached', async () => {
  const customer = await stripe.customers.create({ email: 'ann@example.test' });
  const card = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
  const changed = await stripe.paymentMethods.update(card.id, {
    card: { exp_month: 1, exp_year: 2040 },
    billing_details: { name: 'Ann' },
  });
  expect([changed.card?.exp_month, changed.billing_details.name]).toEqual([1, 'Ann']);
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
  await stripe.paymentMethods.detach(card.id);
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(0);
  expect((await eventTypes(stripe, customer.id)).filter((type) => type.startsWith('payment_method'))).toEqual([
    'payment_method.attached',
    'payment_method.updated',
  ]);
});

test('a subscription that waits for its customer is confirmed with a client secret, authenticated, and then active', async () => {
  const { customer, price } = await subscribe(stripe, { at: START });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    payment_behavior: 'default_incomplete',
    payment_settings: { save_default_payment_method: 'on_subscription' },
    expand: ['latest_invoice.confirmation_secret', 'latest_invoice.payments'],
  });
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  const intent = invoice.payments?.data[0]?.payment.payment_intent as string;
  expect([subscription.status, invoice.confirmation_secret?.client_secret]).toEqual([
    'incomplete',
    expect.stringContaining(intent),
  ]);
  const asked = await stripe.paymentIntents.confirm(intent, {
    payment_method: 'pm_card_authenticationRequiredOnSetup',
  });
  expect(asked.status).toBe('requires_action');
  const sdk = asked.next_action?.use_stripe_sdk as unknown as { stripe_js: string };
  await submit(sdk.stripe_js, { outcome: 'complete' });
  const active = await stripe.subscriptions.retrieve(subscription.id, { expand: ['default_payment_method'] });
  expect(active).toMatchObject({ status: 'active', default_payment_method: { card: { last4: '3155' } } });
  await expect(stripe.paymentIntents.confirm(intent)).rejects.toMatchObject({
    code: 'payment_intent_unexpected_state',
  });
});

test('paying off-session what must be authenticated is refused with its code, and nothing is charged', async () => {
  const { subscription } = await subscribe(stripe, { at: START, card: 'pm_card_authenticationRequired' });
  expect(subscription.status).toBe('incomplete');
  await expect(stripe.invoices.pay(subscription.latest_invoice as string)).rejects.toMatchObject({
    statusCode: 402,
    code: 'invoice_payment_intent_requires_action',
  });
});

test('an upgrade that needs 3D Secure waits with the old plan, and is applied once its holder has authenticated', async () => {
  const { customer, subscription } = await subscribe(stripe, { at: START });
  await changeCard(stripe, customer.id, 'pm_card_authenticationRequired');
  const waiting = await stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]?.id ?? '', quantity: 3 }],
    proration_behavior: 'always_invoice',
    payment_behavior: 'pending_if_incomplete',
    expand: ['latest_invoice'],
  });
  expect(waiting).toMatchObject({ status: 'active', items: { data: [{ quantity: 1 }] } });
  expect(waiting.pending_update).not.toBeNull();
  const url = (waiting.latest_invoice as Stripe.Invoice).hosted_invoice_url ?? '';
  const form = { card: 'pm_card_authenticationRequired', keep: 'yes' };
  const failed = await submit((await submit(url, form)).location, { outcome: 'fail' });
  expect(await (await fetch(new URL(failed.location, simulator.url))).text()).toContain('failed authentication');
  await submit((await submit(url, form)).location, { outcome: 'complete' });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
    pending_update: null,
    items: { data: [{ quantity: 3 }] },
  });
  const types = await eventTypes(stripe, customer.id);
  expect(types).toContain('invoice.payment_action_required');
  expect(types).toContain('customer.subscription.pending_update_applied');
});

test('a charge is given back in parts and whole, and never more than that', async () => {
  const { customer } = await subscribe(stripe, { at: START });
  const charge = await chargeOf(customer.id);
  const part = await stripe.refunds.create({ charge: charge.id, amount: 900, reason: 'requested_by_customer' });
  expect(part).toMatchObject({ amount: 900, status: 'succeeded', charge: charge.id });
  expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 900, refunded: false });
  await expect(stripe.refunds.create({ charge: charge.id, amount: 2001 })).rejects.toMatchObject({ param: 'amount' });
  const rest = await stripe.refunds.create({ payment_intent: charge.payment_intent as string });
  expect(rest.amount).toBe(2000);
  await expect(stripe.refunds.create({ charge: charge.id })).rejects.toMatchObject({ code: 'charge_already_refunded' });
  expect((await stripe.refunds.list({ charge: charge.id })).data).toHaveLength(2);
  const refunded = (await stripe.events.list({ type: 'charge.refunded' })).data.map((event) => event.data);
  expect(refunded.map(({ object }) => (object as Stripe.Charge).amount_refunded)).toEqual([2900, 900]);
  expect(refunded[1]?.previous_attributes).toEqual({ amount_refunded: 0 });
});

test('the card of the tests is disputed; what is won gives the money back, what is lost does not', async () => {
  const won = await subscribe(stripe, { at: START, card: 'pm_card_createDispute' });
  expect(won.subscription.status).toBe('active');
  const charge = await chargeOf(won.customer.id);
  const [dispute] = (await stripe.disputes.list({ charge: charge.id })).data;
  expect(dispute).toMatchObject({ status: 'needs_response', reason: 'fraudulent', amount: 2900 });
  expect(dispute?.balance_transactions[0]?.amount).toBe(-2900);
  expect(charge.disputed).toBe(true);
  await expect(stripe.refunds.create({ charge: charge.id })).rejects.toMatchObject({ code: 'charge_disputed' });
  await stripe.disputes.update(dispute?.id ?? '', { evidence: { uncategorized_text: 'winning_evidence' } });
  expect((await stripe.disputes.retrieve(dispute?.id ?? '')).status).toBe('won');

  const lost = await subscribe(stripe, { at: START });
  const opened = await simulator.control<Stripe.Dispute>('POST', '/_sim/disputes', {
    charge: (await chargeOf(lost.customer.id)).id,
    reason: 'subscription_canceled',
  });
  await simulator.control('POST', `/_sim/disputes/${opened.id}/close`, { outcome: 'lost' });
  const typesOf = async (id: string | undefined) =>
    (await stripe.events.list({ limit: 100 })).data
      .filter((event) => (event.data.object as { id?: string }).id === id)
      .map(({ type }) => type.replace('charge.dispute.', ''))
      .reverse();
  expect(await typesOf(dispute?.id)).toEqual(['created', 'funds_withdrawn', 'updated', 'closed', 'funds_reinstated']);
  expect(await typesOf(opened.id)).toEqual(['created', 'funds_withdrawn', 'closed']);
});

test('an inquiry takes no money, and its charge can still be given back', async () => {
  const { customer } = await subscribe(stripe, { at: START, card: 'pm_card_createDisputeInquiry' });
  const charge = await chargeOf(customer.id);
  const [inquiry] = (await stripe.disputes.list({ charge: charge.id })).data;
  expect(inquiry).toMatchObject({
    status: 'warning_needs_response',
    balance_transactions: [],
    is_charge_refundable: true,
  });
  await stripe.refunds.create({ charge: charge.id });
  expect((await stripe.disputes.close(inquiry?.id ?? '')).status).toBe('warning_closed');
});

test('a customer who is deleted takes subscriptions and cards along, and keeps the invoices', async () => {
  const { customer, subscription } = await subscribe(stripe, { at: START });
  expect(await stripe.customers.del(customer.id)).toMatchObject({ deleted: true });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
  expect((await stripe.invoices.list({ customer: customer.id })).data).toHaveLength(1);
  expect((await eventTypes(stripe, customer.id)).slice(-2)).toEqual([
    'customer.subscription.deleted',
    'customer.deleted',
  ]);
});

test('the link to an invoice’s PDF answers a PDF with its number and amount', async () => {
  const { subscription } = await subscribe(stripe, { at: START });
  const invoice = await stripe.invoices.retrieve(subscription.latest_invoice as string);
  const answer = await fetch(invoice.invoice_pdf ?? '');
  expect(answer.headers.get('content-type')).toBe('application/pdf');
  const file = Buffer.from(await answer.arrayBuffer()).toString('latin1');
  expect(file.startsWith('%PDF-1.4')).toBe(true);
  expect(file).toContain(`Invoice ${invoice.number}`);
  expect(file).toContain('$29.00');
  expect(file.trimEnd().endsWith('%%EOF')).toBe(true);
  const table = Number(/startxref\n(\d+)/.exec(file)?.[1]);
  expect(file.slice(table, table + 4)).toBe('xref');
});
