import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AccountState } from '#domain/account-state.ts';
import { decide } from '#domain/decide.ts';
import { viewOf } from '#domain/view.ts';
import { type RunningSimulator, runSimulator, subscribe } from '#stripe-simulator/running-simulator.ts';
import { aCatalog, anAccount } from '#test/factories/billing.ts';
import { createStripeActivities } from './stripe.ts';

vi.setConfig({ testTimeout: 30_000 });

const AT = '2026-01-10T12:00:00Z';
const catalog = aCatalog();
let simulator: RunningSimulator;
let activities: ReturnType<typeof createStripeActivities>;
let prices: { team: Stripe.Price; studio: Stripe.Price };

beforeAll(async () => {
  simulator = await runSimulator();
  const { stripe } = simulator;
  activities = createStripeActivities({ stripe, catalog });
  const product = await stripe.products.create({ name: 'Plans' });
  const price = (lookup_key: string, unit_amount: number) =>
    stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount,
      recurring: { interval: 'month' },
      lookup_key,
    });
  prices = { team: await price('test_team_month', 2900), studio: await price('test_studio_month', 9900) };
});
afterAll(() => simulator.stop());

/** A look of an account's at Stripe. */
async function look(state: AccountState, stripeCustomerId: string, now: string) {
  const { snapshot } = await activities.readBilling({ stripeCustomerId, now });
  return { ...decide(state, snapshot, now, catalog), snapshot };
}

const subscribeTo = (price: Stripe.Price) =>
  subscribe(simulator.stripe, { at: AT, subscription: { items: [{ price: price.id }] } });

async function chargeOf(customer: string): Promise<Stripe.Charge> {
  const [charge] = (await simulator.stripe.charges.list({ customer })).data;
  if (!charge) throw new Error('Nothing was charged.');
  return charge;
}

test('scenario 10: of two paid plans one is cancelled and given back in full, once, and the other goes on', async () => {
  const { stripe } = simulator;
  const { customer, subscription } = await subscribeTo(prices.team);
  const second = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: prices.studio.id }] });
  const found = await look(anAccount(), customer.id, '2026-01-10T12:01:00.000Z');
  const [effect] = found.effects.flatMap((each) => (each.kind === 'end-duplicate' ? each : []));
  if (!effect) throw new Error('Nothing is ended.');
  expect([effect.subscriptionId, effect.survivorId].sort()).toEqual([second.id, subscription.id].sort());
  const loser = effect.subscriptionId;
  const { invoiceId, survivorId } = effect;
  const input = { subscriptionId: loser, survivorId, invoiceId, idempotencyKey: `acc/${effect.id}` };
  const first = await activities.endDuplicate(input);
  expect(await activities.endDuplicate(input)).toEqual(first);
  expect(first).toMatchObject({ done: 'ended', refunded: { amountCents: loser === second.id ? 9900 : 2900 } });
  const refunded = (await stripe.charges.list({ customer: customer.id })).data.map((each) => each.amount_refunded);
  expect(refunded.sort((a, b) => a - b)).toEqual([0, first.refunded?.amountCents]);
  const after = await look(found.state, customer.id, '2026-01-10T12:02:00.000Z');
  expect(after.state).toMatchObject({ standing: 'active', subscription: { id: survivorId } });
  expect(after.effects.filter(({ kind }) => kind === 'end-duplicate')).toEqual([]);
});

describe('scenario 29', () => {
  test('a dispute holds the account and keeps all from being cancelled until it is won', async () => {
    const { customer } = await subscribeTo(prices.team);
    const charge = await chargeOf(customer.id);
    const { id } = await simulator.control<{ id: string }>('POST', '/_sim/disputes', { charge: charge.id });
    const open = await look(anAccount(), customer.id, '2026-01-10T12:01:00.000Z');
    expect(open.state.holds).toMatchObject([{ name: 'dispute' }]);
    expect(open.snapshot.paymentInDoubt).toBe(true);
    await simulator.control('POST', `/_sim/disputes/${id}/close`, { outcome: 'won' });
    const won = await look(open.state, customer.id, '2026-01-10T12:02:00.000Z');
    expect([won.state.holds, won.snapshot.paymentInDoubt]).toEqual([[], false]);
  });

  test('a full refund of the current period ends the cover, a partial one does not', async () => {
    const { customer } = await subscribeTo(prices.team);
    const charge = await chargeOf(customer.id);
    await simulator.stripe.refunds.create({ charge: charge.id, amount: 900 });
    const partial = await look(anAccount(), customer.id, '2026-01-10T12:01:00.000Z');
    expect(partial.state.plan.id).toBe('team');
    await simulator.stripe.refunds.create({ charge: charge.id });
    const full = await look(partial.state, customer.id, '2026-01-10T12:02:00.000Z');
    expect(full.state).toMatchObject({ plan: { id: 'free' }, standing: 'free' });
  });
});

test('scenario 15: a downgrade that a schedule makes is read with its plan and its date', async () => {
  const { stripe } = simulator;
  const { customer, subscription } = await subscribeTo(prices.studio);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  const [phase] = schedule.phases;
  if (!phase) throw new Error('No phase.');
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: prices.studio.id }], start_date: phase.start_date, end_date: phase.end_date },
      { items: [{ price: prices.team.id }], duration: { interval: 'month', interval_count: 1 } },
    ],
  });
  const now = '2026-01-10T12:01:00.000Z';
  const { state } = await look(anAccount(), customer.id, now);
  expect(viewOf(state, now)).toMatchObject({
    plan: { id: 'studio' },
    plannedChange: { plan: { id: 'team' }, at: '2026-02-10T12:00:00.000Z', misfits: [{ name: 'Main' }] },
  });
});
