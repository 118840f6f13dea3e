import type Stripe from 'stripe';
import { loadCatalog } from '#catalogs/load.ts';
import type { MailTemplate } from '#domain/effect.ts';
import { addMs, DAY_MS } from '#domain/time.ts';
import { submit } from '#stripe-simulator/hosted-pages.ts';
import { YEAR } from '#test/years.ts';
import { itemOf, type Stage } from './stage.ts';

export const CATALOG_FILE = 'test/scenarios/catalog.yaml';

export const catalog = loadCatalog(CATALOG_FILE);

export interface BillingScenario {
  title: string;
  /** Default: `START`. */
  opensAt?: string;
  play: (stage: Stage) => Promise<void>;
  /** What the account is at the end, in every order. */
  ends: object;
  /** It is about what becomes of the workspace, in every order. Default: no. */
  isAboutWorkspace?: boolean;
  /** Whether its customer is known from the beginning; else support links it later. Default: yes. */
  withCustomer?: boolean;
  /** What its owner is told by mail beside invoices, once each, in every order. Default: nothing. */
  mails?: MailTemplate[];
  /** Mails that are right where the news comes late, and are not sent where it comes in time. */
  onlyWhenLate?: MailTemplate[];
}

export const START = `${YEAR}-01-10T12:00:00.000Z`;
/** The renewal of a subscription that begins a minute after `START`, finalised an hour later: day 0 of its dunning. */
const DAY_0 = `${YEAR}-02-10T13:01:00.000Z`;

const SECOND = 1 / 86_400;
const MINUTE = 1 / 1440;
const HOUR = 1 / 24;
const DUNNED: MailTemplate[] = ['grace-started', 'grace-reminder', 'grace-reminder'];
const RUNNING = { ownerWants: 'running', desired: { state: 'running' } };
const STOPPED = { desired: { state: 'stopped' } };
const ON_FREE = { standing: 'free', plan: { id: 'free' }, dunning: null, holds: [], workspaces: [RUNNING] };
const ON_TEAM = {
  standing: 'active',
  plan: { id: 'team' },
  dunning: null,
  debt: null,
  holds: [],
  workspaces: [RUNNING],
};
const ON_STUDIO = { ...ON_TEAM, plan: { id: 'studio' } };

/** An account that pays for Team, with a good card. */
async function onTeam(stage: Stage, more: Partial<Stripe.SubscriptionCreateParams> = {}) {
  await stage.passes(MINUTE);
  await stage.card('pm_card_visa');
  return stage.subscribe(stage.prices.team, more);
}

/** Its renewal failed an hour ago. */
async function inGrace(stage: Stage) {
  const subscription = await onTeam(stage);
  await stage.passes(5);
  await stage.card('pm_card_chargeCustomerFail');
  await stage.until(DAY_0);
  await stage.passes(HOUR);
  return subscription;
}

/** Days after the first failure. */
const dayAt = (days: number, hours = 0) => addMs(DAY_0, days * DAY_MS + hours * 3_600_000);
const day = (stage: Stage, days: number, hours = 0) => stage.until(dayAt(days, hours));

async function paysWithAGoodCard(stage: Stage, which: 'oldest' | 'newest' = 'newest') {
  await stage.card('pm_card_visa');
  await stage.pays(which);
}

async function checkout(stage: Stage, price: Stripe.Price): Promise<string> {
  const session = await stage.happens((stripe) =>
    stripe.checkout.sessions.create({
      mode: 'subscription',
      customer: stage.customer,
      line_items: [{ price: price.id, quantity: 1 }],
      success_url: 'http://127.0.0.1:4310/paid',
      cancel_url: 'http://127.0.0.1:4310/plans',
    }),
  );
  return session.url ?? '';
}

async function theCharge(stage: Stage): Promise<Stripe.Charge> {
  const [charge] = (await stage.stripe.charges.list({ customer: stage.customer })).data;
  if (!charge) throw new Error('Nothing was charged.');
  return charge;
}

/**
 * The situations of the product's list that are about what an account is and has. Two are about the request alone and are not
 * here: 8 (what is no event of Stripe's is refused, so no account hears of it) and 9 (two webhook secrets; whatever passes is
 * a hint like any other). Of 3, 4 and 7 what is here is what the loop sees of them: an event twice at once, a fresh run at
 * any point, an hour of signals at once. The processes and engines themselves are in the tests on real engines.
 */
export const BILLING_SCENARIOS: BillingScenario[] = [
  {
    title: '1: active before incomplete',
    async play(stage) {
      await stage.passes(MINUTE);
      await stage.card('pm_card_visa');
      await stage.subscribe(stage.prices.team, { payment_behavior: 'default_incomplete' });
      await stage.pays('newest');
      await stage.passes(3);
    },
    ends: ON_TEAM,
  },
  {
    title: '2: two events of one second',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(3);
    },
    ends: ON_STUDIO,
  },
  {
    title: '2: changes seconds apart, while Stripe is being read',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(6 * SECOND);
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(6 * SECOND);
      await stage.change(subscription, { cancel_at_period_end: true });
      await stage.passes(6 * SECOND);
      await stage.change(subscription, { cancel_at_period_end: false });
      await stage.passes(3);
    },
    ends: { ...ON_STUDIO, subscription: { cancelAt: null } },
  },
  {
    title: '3 and 4: events twice at once, and fresh runs on the way',
    async play(stage) {
      await onTeam(stage);
      await stage.passes(40);
    },
    ends: ON_TEAM,
  },
  {
    title: '5: four days without events',
    async play(stage) {
      await stage.trouble('no-events', 4);
      await onTeam(stage);
      await stage.passes(7);
      await stage.promises(ON_TEAM);
    },
    ends: ON_TEAM,
  },
  {
    title: '6: a customer whom nobody knows yet',
    withCustomer: false,
    async play(stage) {
      await onTeam(stage);
      await stage.passes(2);
      await stage.promises(ON_FREE);
      await stage.asks({ what: 'link-customer', commandId: 'link' });
      await stage.passes(2);
    },
    ends: ON_TEAM,
  },
  {
    title: '7: an hour without signals',
    async play(stage) {
      await stage.trouble('no-signals', HOUR);
      await onTeam(stage);
      await stage.passes(3);
    },
    ends: ON_TEAM,
  },
  {
    title: '10: two Checkouts are paid',
    async play(stage) {
      await stage.passes(MINUTE);
      const urls = [await checkout(stage, stage.prices.team), await checkout(stage, stage.prices.studio)];
      for (const url of urls) {
        await stage.passes(MINUTE);
        await stage.happens(() => submit(url, { number: '4242 4242 4242 4242' }));
      }
      await stage.weCarryOut(async () => {
        const { data } = await stage.stripe.subscriptions.list({ customer: stage.customer });
        const [loser, survivor] = data.map(({ id, latest_invoice }) => ({ id, invoiceId: latest_invoice as string }));
        if (!loser || !survivor) throw new Error('There are no two subscriptions.');
        const params = {
          subscriptionId: loser.id,
          survivorId: survivor.id,
          invoiceId: loser.invoiceId,
          idempotencyKey: `acc_1/end-duplicate/${loser.id}`,
        };
        return {
          key: { kind: 'end-duplicate', subscriptionId: loser.id },
          carryOut: ({ endDuplicate }) => endDuplicate(params),
        };
      });
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, duplicates: [] },
    mails: ['duplicate-ended'],
  },
  {
    title: '11: an upgrade is declined',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.card('pm_card_chargeCustomerFail');
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(3);
    },
    ends: ON_TEAM,
  },
  {
    title: "11: an upgrade in Stripe's dashboard, which does not wait for its payment, is declined and paid days later",
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.card('pm_card_chargeCustomerFail');
      await stage.change(subscription, {
        items: [{ id: itemOf(subscription), price: stage.prices.studio.id }],
        proration_behavior: 'always_invoice',
      });
      await stage.passes(2);
      await stage.promises({ standing: 'active', plan: { id: 'team' }, dunning: null, workspaces: [RUNNING] });
      await paysWithAGoodCard(stage);
      await stage.passes(3);
    },
    ends: ON_STUDIO,
  },
  {
    title: '12: an upgrade waits for 3D Secure, and is confirmed',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.card('pm_card_authenticationRequired');
      await stage.upgrade(subscription, stage.prices.studio);
      const [invoice] = (await stage.stripe.invoices.list({ customer: stage.customer, status: 'open' })).data;
      const { location } = await stage.happens(() =>
        submit(invoice?.hosted_invoice_url ?? '', { card: 'pm_card_authenticationRequired', keep: 'yes' }),
      );
      await stage.passes(HOUR);
      await stage.happens(() => submit(location, { outcome: 'complete' }));
      await stage.passes(3);
    },
    ends: ON_STUDIO,
  },
  {
    title: '12: an upgrade waits for 3D Secure, and expires',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.card('pm_card_authenticationRequired');
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(4);
    },
    ends: ON_TEAM,
  },
  {
    title: '13: a first payment is never finished',
    async play(stage) {
      await stage.passes(MINUTE);
      await stage.card('pm_card_chargeCustomerFail');
      await stage.subscribe(stage.prices.team);
      await stage.passes(4);
    },
    ends: ON_FREE,
  },
  {
    title: '14: a cancel at the end of the period, shown, and taken back',
    async play(stage) {
      const subscription = await onTeam(stage);
      const cancelAt = subscription.items.data[0]?.current_period_end ?? 0;
      await stage.change(subscription, { cancel_at: cancelAt });
      await stage.passes(3);
      await stage.promises({ ...ON_TEAM, subscription: { cancelAt: new Date(cancelAt * 1000).toISOString() } });
      await stage.change(subscription, { cancel_at: '' });
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, subscription: { cancelAt: null } },
  },
  {
    title: '14: a cancel at the end of the period, kept through an upgrade',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.change(subscription, { cancel_at_period_end: true });
      await stage.passes(1);
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(3);
      await stage.promises({ ...ON_STUDIO, subscription: { cancelAt: `${YEAR}-02-10T12:01:00.000Z` } });
      await stage.passes(30);
    },
    ends: { ...ON_FREE, subscription: null },
  },
  {
    title: '15: a downgrade at the end of the period',
    async play(stage) {
      await stage.passes(MINUTE);
      await stage.card('pm_card_visa');
      const subscription = await stage.subscribe(stage.prices.studio);
      const { studio, team } = stage.prices;
      await stage.happens(async (stripe) => {
        const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
        const [phase] = schedule.phases;
        if (!phase) throw new Error('The schedule has no phase.');
        await stripe.subscriptionSchedules.update(schedule.id, {
          phases: [
            { items: [{ price: studio.id }], start_date: phase.start_date, end_date: phase.end_date },
            { items: [{ price: team.id }], duration: { interval: 'month', interval_count: 1 } },
          ],
        });
      });
      await stage.passes(3);
      await stage.promises({
        ...ON_STUDIO,
        plannedChange: { plan: { id: 'team' }, at: `${YEAR}-02-10T12:01:00.000Z` },
      });
      await stage.until(`${YEAR}-02-13T12:00:00.000Z`);
    },
    ends: { ...ON_TEAM, plannedChange: null },
  },
  {
    title: '16: a trial ends without a card',
    async play(stage) {
      await stage.passes(MINUTE);
      await stage.subscribe(stage.prices.team, { trial_period_days: 14 });
      await stage.passes(3);
      await stage.promises({ standing: 'trialing', plan: { id: 'team' }, subscribedBefore: true });
      await stage.passes(15);
    },
    ends: { standing: 'incomplete', plan: { id: 'free' }, dunning: null, subscribedBefore: true },
  },
  {
    title: "17: bought and removed in Stripe's dashboard",
    async play(stage) {
      const team = await onTeam(stage);
      const micro = await stage.subscribe(stage.prices.micro);
      await stage.passes(3);
      await stage.promises({ ...ON_TEAM, addOns: [{ addOnId: 'micro', quantity: 1 }] });
      await stage.happens((stripe) => stripe.subscriptions.cancel(micro.id));
      await stage.happens((stripe) => stripe.subscriptions.cancel(team.id));
      await stage.passes(3);
    },
    ends: { ...ON_FREE, addOns: [] },
  },
  {
    title: '18: the same add-on twice',
    async play(stage) {
      await onTeam(stage);
      await stage.subscribe(stage.prices.micro);
      await stage.subscribe(stage.prices.micro);
      await stage.passes(3);
    },
    ends: {
      ...ON_TEAM,
      addOns: [{ addOnId: 'micro' }, { addOnId: 'micro' }],
      workspaces: [{ desired: { size: { memoryMb: 2560 } } }],
    },
  },
  {
    title: '19: from the month to the year',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.upgrade(subscription, stage.prices.teamYear);
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, subscription: { currentPeriodEnd: `${YEAR + 1}-01-15T12:01:00.000Z` } },
  },
  {
    title: '19: begun on January 31st',
    opensAt: `${YEAR}-01-31T09:00:00.000Z`,
    async play(stage) {
      await onTeam(stage);
      await stage.until(`${YEAR}-04-02T12:00:00.000Z`);
    },
    ends: { ...ON_TEAM, subscription: { currentPeriodEnd: `${YEAR}-04-30T09:01:00.000Z` } },
  },
  {
    title: '20: further attempts move nothing',
    async play(stage) {
      await inGrace(stage);
      await day(stage, 5);
      await stage.promises({
        standing: 'grace',
        workspaces: [RUNNING],
        dunning: { startedAt: DAY_0, suspendAt: `${YEAR}-02-17T13:01:00.000Z` },
      });
      await paysWithAGoodCard(stage);
      await stage.passes(3);
    },
    ends: ON_TEAM,
    mails: ['grace-started', 'grace-reminder', 'payment-received'],
  },
  {
    title: '21: day 7 without a payment',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await day(stage, 6, 20);
      await stage.promises({ standing: 'grace', workspaces: [RUNNING] });
      await day(stage, 9);
    },
    ends: {
      standing: 'suspended',
      plan: { id: 'team' },
      holds: [{ name: 'billing' }],
      workspaces: [STOPPED],
      dunning: { decidedDays: [0, 3, 6] },
    },
    mails: [...DUNNED, 'suspended'],
  },
  {
    title: '22: paid while the suspension is under way',
    async play(stage) {
      await inGrace(stage);
      const card = await stage.happens(({ paymentMethods }) =>
        paymentMethods.attach('pm_card_visa', { customer: stage.customer }),
      );
      await stage.whileStopping(dayAt(7), () => stage.pays('newest', card.id));
      await stage.passes(3);
    },
    ends: ON_TEAM,
    onlyWhenLate: ['suspended'],
    mails: [...DUNNED, 'payment-received'],
  },
  {
    title: '23: of two unpaid invoices the older is paid, then the latest',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await stage.until(`${YEAR}-03-10T14:00:00.000Z`);
      await paysWithAGoodCard(stage, 'oldest');
      await stage.passes(1.5);
      await stage.promises({ standing: 'suspended', workspaces: [STOPPED] });
      await stage.pays('newest');
      await stage.passes(3);
    },
    ends: ON_TEAM,
    mails: [...DUNNED, 'suspended', 'payment-received'],
  },
  {
    title: '24: what its owner stopped is not started by money',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await day(stage, 5);
      await stage.asks({ what: 'wish', commandId: 'wish', wants: 'stopped' });
      await day(stage, 9);
      await paysWithAGoodCard(stage);
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, workspaces: [{ ownerWants: 'stopped', ...STOPPED }] },
    mails: [...DUNNED, 'suspended', 'payment-received'],
  },
  {
    title: '24: what support holds is not started by money, and is when support lifts it',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await stage.asks({ what: 'place-hold', commandId: 'hold', reason: 'We look into something.' });
      await day(stage, 9);
      await paysWithAGoodCard(stage);
      await stage.passes(3);
      await stage.promises({ standing: 'active', holds: [{ name: 'admin' }], workspaces: [STOPPED] });
      await stage.asks({ what: 'lift-hold', commandId: 'lift' });
      await stage.passes(1);
    },
    ends: ON_TEAM,
    mails: [...DUNNED, 'suspended', 'payment-received'],
  },
  {
    title: '25: the customer cancels while a payment is overdue',
    async play(stage) {
      const subscription = await inGrace(stage);
      await day(stage, 2, 2);
      await stage.happens((stripe) => stripe.subscriptions.cancel(subscription.id));
      await day(stage, 9);
    },
    ends: { ...ON_FREE, debt: { amountCents: 2900 } },
    mails: ['grace-started'],
  },
  {
    title: '26: the debt first, then more',
    async play(stage) {
      const subscription = await inGrace(stage);
      await day(stage, 4);
      await stage.promises({ standing: 'grace', plan: { id: 'team' }, debt: { amountCents: 2900 } });
      await paysWithAGoodCard(stage);
      await stage.upgrade(subscription, stage.prices.studio);
      await stage.passes(3);
    },
    ends: ON_STUDIO,
    mails: ['grace-started', 'grace-reminder', 'payment-received'],
  },
  {
    title: '27: an old invoice is paid after the end',
    async play(stage) {
      const subscription = await inGrace(stage);
      await day(stage, 4);
      await stage.happens((stripe) => stripe.subscriptions.cancel(subscription.id));
      await stage.passes(2);
      await stage.promises(ON_FREE);
      await paysWithAGoodCard(stage);
      await stage.passes(3);
    },
    ends: { ...ON_FREE, debt: null },
    mails: ['grace-started', 'grace-reminder'],
  },
  {
    title: '28: support gives five more days',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await day(stage, 5);
      const extension = { what: 'extend-grace' as const, commandId: 'more', days: 5, reason: 'The bank was closed.' };
      await stage.asks(extension);
      await stage.asks(extension);
      await day(stage, 11, 20);
      await stage.promises({ standing: 'grace', workspaces: [RUNNING] });
      await day(stage, 14);
    },
    ends: { standing: 'suspended', workspaces: [STOPPED], dunning: { suspendAt: `${YEAR}-02-22T13:01:00.000Z` } },
    mails: [...DUNNED, 'grace-extended', 'suspended'],
  },
  {
    title: '29: a dispute is opened, and won',
    isAboutWorkspace: true,
    async play(stage) {
      await onTeam(stage);
      await stage.passes(5);
      const { id: charge } = await theCharge(stage);
      const dispute = await stage.opensDispute(charge);
      await stage.passes(3);
      await stage.promises({ standing: 'active', holds: [{ name: 'dispute' }], workspaces: [STOPPED] });
      await stage.closesDispute(dispute, 'won');
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, disputes: [{ state: 'won' }] },
    mails: ['payment-disputed'],
  },
  {
    title: '29: a full refund of the current period',
    async play(stage) {
      await onTeam(stage);
      await stage.passes(5);
      const charge = await theCharge(stage);
      await stage.happens((stripe) => stripe.refunds.create({ charge: charge.id }));
      await stage.passes(3);
    },
    ends: ON_FREE,
  },
  {
    title: '30: collection is paused',
    async play(stage) {
      const subscription = await onTeam(stage);
      await stage.passes(5);
      await stage.change(subscription, { pause_collection: { behavior: 'void' } });
      await stage.passes(35);
      await stage.promises({ ...ON_TEAM, subscription: { collectionPaused: true } });
      await stage.change(subscription, { pause_collection: '' });
      await stage.passes(3);
    },
    ends: { ...ON_TEAM, subscription: { collectionPaused: false } },
  },
  {
    title: '31: no mail can be sent on the day of the suspension',
    isAboutWorkspace: true,
    async play(stage) {
      await inGrace(stage);
      await day(stage, 6, 20);
      await stage.trouble('no-mail', 0.3);
      await day(stage, 7, 3);
      await stage.promises({ standing: 'suspended', workspaces: [STOPPED] });
      await day(stage, 10);
    },
    ends: { standing: 'suspended', workspaces: [STOPPED], outbox: [] },
    mails: [...DUNNED, 'suspended'],
  },
  {
    title: '32: cancelled on day 30, warned, and deleted on day 60',
    isAboutWorkspace: true,
    async play(stage) {
      const { id: subscriptionId } = await inGrace(stage);
      await day(stage, 30);
      await stage.weCarryOut(async () => ({
        key: { kind: 'cancel-subscription', subscriptionId },
        carryOut: ({ cancelSubscription }) =>
          cancelSubscription({ subscriptionId, voidOpenInvoices: true, idempotencyKey: 'acc_1/cancel' }),
      }));
      await day(stage, 59, 20);
      await stage.promises({ standing: 'canceled', workspaces: [STOPPED], dunning: { stage: 'canceled' } });
      await day(stage, 63);
    },
    ends: { standing: 'canceled', workspaces: [{ desired: { state: 'deleted' } }], dunning: { stage: 'deleted' } },
    mails: [...DUNNED, 'suspended', 'subscription-canceled', 'deletion-warning', 'deletion-warning', 'data-deleted'],
  },
];
