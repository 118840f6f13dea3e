import { expect, test } from 'vitest';
import type { PlanOfferAnswer, Preview, SubscriptionAnswer } from '#api/answers.ts';
import { accountAnswer, NOW } from '../account/account-answer.fixture.ts';
import { plainText } from '../format/sentence.ts';
import { type BillingPageInput, methodText, presentBillingPage } from './billing-page.ts';
import { presentPlanPreview } from './plan-preview.ts';

const viewer = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true };

function subscription(changes: Partial<SubscriptionAnswer> = {}): SubscriptionAnswer {
  return {
    plan: { id: 'starter', name: 'Starter' },
    status: 'active',
    standing: 'active',
    subscriptionId: 'sub_1',
    interval: 'month',
    amountCents: 900,
    currency: 'usd',
    currentPeriodStart: '2026-03-01T12:00:00.000Z',
    currentPeriodEnd: '2026-04-01T12:00:00.000Z',
    cancelAtPeriodEnd: false,
    cancelAt: null,
    trialEnd: null,
    plannedChange: null,
    debt: null,
    pool: null,
    limits: {},
    addOns: [],
    creditCents: 0,
    ...changes,
  };
}

function present(changes: Partial<SubscriptionAnswer> = {}, rest: Partial<BillingPageInput> = {}) {
  return presentBillingPage({
    account: accountAnswer(),
    subscription: subscription(changes),
    offers: { plans: [], addOns: [] },
    planned: null,
    invoices: { invoices: [], next: null },
    methods: [],
    viewer,
    now: NOW,
    ...rest,
  });
}

const next = (page: ReturnType<typeof present>) => page.plan.next.map(plainText);

const preview: Preview = {
  when: 'now',
  appliesAt: NOW,
  currency: 'usd',
  lines: [{ text: 'Unused time', amountCents: -450, isProration: true, periodStart: NOW, periodEnd: NOW }],
  dueNowCents: 2450,
  nextAmountCents: 2900,
  nextAt: '2026-04-01T12:00:00.000Z',
  creditCents: 0,
  trialDays: 0,
  fit: { misfits: [], idleAddOns: [] },
};

test('the next charge is what is left of the price after credit, on its day', () => {
  expect(next(present())).toEqual(['The next $9.00 is charged on Wednesday 1 April, 12:00.']);
  expect(next(present({ creditCents: 400 }))).toEqual([
    'The next $5.00 is charged on Wednesday 1 April, 12:00.',
    'You have $4.00 of credit, which goes against what is charged next.',
  ]);
});

test('a cancel or a change that is to come takes its place, and can be taken back', () => {
  const at = '2026-04-01T12:00:00.000Z';
  const ending = present({ cancelAt: at });
  expect(next(ending)).toEqual(['Starter ends on Wednesday 1 April, 12:00. Until then you can take that back.']);
  expect(ending.plan).toMatchObject({ canUndo: true, canCancel: false });
  const plannedChange = { plan: { id: 'mini', name: 'Mini' }, at, misfits: [] };
  const changing = present({ plannedChange }, { planned: { ...preview, when: 'period-end', nextAmountCents: 400 } });
  expect(next(changing)).toEqual(['On Wednesday 1 April, 12:00 your plan becomes Mini and costs $4.00 from then on.']);
  expect(changing.plan).toMatchObject({ canUndo: true, canCancel: true });
});

test('whoever pays nothing has nothing to cancel', () => {
  const none = { status: 'free', subscriptionId: null, amountCents: null, currency: null, currentPeriodEnd: null };
  const page = present(none);
  expect(page.plan).toMatchObject({ price: null, next: [], hasSubscription: false, canCancel: false, canUndo: false });
});

test('the own plan offers its other interval, a plan that can not be taken its reason', () => {
  const plan: PlanOfferAnswer = {
    id: 'starter',
    name: 'Starter',
    prices: [
      { interval: 'month', amountCents: 900, currency: 'usd' },
      { interval: 'year', amountCents: 9000, currency: 'usd' },
    ],
    may: { ok: false, code: 'current', reason: 'Starter is your plan.' },
    entitlements: { planId: 'starter', pool: null, limits: {}, features: {} },
    current: true,
    custom: false,
    trialDays: 0,
    misfits: [],
    idleAddOns: [],
  };
  const big: PlanOfferAnswer = {
    ...plan,
    id: 'big',
    current: false,
    may: { ok: false, code: 'custom', reason: 'Big is agreed on by hand: talk to us.' },
  };
  const { plans } = present({}, { offers: { plans: [plan, big], addOns: [] } });
  expect(plans[0]).toMatchObject({
    refused: null,
    prices: [{ current: true }, { current: false, text: '$90.00 a year' }],
  });
  expect(plans[1]?.refused).toBe('Big is agreed on by hand: talk to us.');
});

test('what Stripe can not tell now is missing, and not said to be empty', () => {
  expect(present({}, { invoices: null, methods: null })).toMatchObject({ invoices: null, methods: null });
});

test('a payment method is told by what people know it by', () => {
  expect(methodText({ brand: 'visa', last4: '4242', type: 'card' })).toBe('Visa ending in 4242');
  expect(methodText({ brand: null, last4: null, type: 'sepa_debit' })).toBe('Sepa debit');
});

test('a preview says what is paid now, what later, and what would not fit', () => {
  const names = { plan: 'Team', addOn: (id: string) => `Add-on ${id}` };
  const misfit = { workspaceId: 'w', name: 'main', from: null, to: null, note: 'There is no room for main.' };
  const shown = presentPlanPreview({ ...preview, fit: { misfits: [misfit], idleAddOns: ['X'] } }, names, NOW, viewer);
  expect(shown.says.map(plainText)).toEqual([
    'Team begins as soon as $24.50 is paid.',
    '$29.00 is charged on Wednesday 1 April, 12:00, and every period after that.',
  ]);
  expect(shown).toMatchObject({ dueNow: '$24.50', lines: [{ text: 'Unused time', amount: '-$4.50' }] });
  expect(shown.warnings).toEqual([
    'There is no room for main.',
    'Add-on X would be paid for and do nothing on this plan.',
  ]);
  const later = presentPlanPreview({ ...preview, when: 'period-end', dueNowCents: 0 }, names, NOW, viewer);
  expect(later.dueNow).toBeNull();
  expect(plainText(later.says[0] ?? [])).toContain('Nothing is charged now.');
});
