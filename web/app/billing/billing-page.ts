import type {
  AccountAnswer,
  AddOnOfferAnswer,
  HeldMethod,
  InvoiceAnswer,
  OffersAnswer,
  PlanOfferAnswer,
  Preview,
  SubscriptionAnswer,
} from '#api/answers.ts';
import { presentStanding } from '../account/standing.ts';
import type { Tone } from '../account/tone.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import { money } from '../format/money.ts';
import { type Sentence, sentence } from '../format/sentence.ts';
import { cpus, megabytes } from '../format/size.ts';
import type { Viewer } from '../format/viewer.ts';

/** Everything that the billing page shows, ready to be shown. */
export interface BillingPage {
  accountId: string;
  /** Nothing can be bought or paid while it is off. */
  isOn: boolean;
  plan: PlanPanel;
  debt: { text: string; invoiceId: string; payUrl: string | null } | null;
  plans: PlanChoice[];
  addOns: { held: HeldAddOnRow[]; offered: AddOnChoice[] };
  /** `null`: Stripe can't be read at the moment. */
  invoices: { rows: InvoiceRow[]; next: string | null } | null;
  methods: MethodRow[] | null;
}

export interface PlanPanel {
  name: string;
  label: string;
  tone: Tone;
  /** `$29.00 a month`; `null` for what costs nothing. */
  price: string | null;
  /** What comes next, in sentences. */
  next: Sentence[];
  hasSubscription: boolean;
  /** A cancel or a change that is to come can be taken back. */
  canUndo: boolean;
  canCancel: boolean;
}

export interface PlanChoice {
  id: string;
  name: string;
  current: boolean;
  facts: string[];
  prices: { interval: 'month' | 'year'; text: string; current: boolean }[];
  trial: string | null;
  /** Why it can't be taken, or `null`. */
  refused: string | null;
}

export interface HeldAddOnRow {
  subscriptionId: string;
  name: string;
  quantity: number;
  label: string;
  tone: Tone;
  next: Sentence;
  ends: boolean;
}

export interface AddOnChoice {
  id: string;
  name: string;
  gives: string;
  prices: { interval: 'month' | 'year'; text: string }[];
  refused: string | null;
}

export interface InvoiceRow {
  id: string;
  number: string;
  date: Moment;
  amount: string;
  label: string;
  tone: Tone;
  open: boolean;
  hostedUrl: string | null;
  pdfUrl: string | null;
}

export interface MethodRow {
  id: string;
  text: string;
  expires: string | null;
  isDefault: boolean;
}

export interface BillingPageInput {
  account: AccountAnswer;
  subscription: SubscriptionAnswer;
  offers: OffersAnswer;
  /** Of the plan that is to come, where one is. */
  planned: Preview | null;
  invoices: { invoices: InvoiceAnswer[]; next: string | null } | null;
  methods: HeldMethod[] | null;
  viewer: Viewer;
  /** The account's own time, ISO. */
  now: string;
}

const PER = { month: 'a month', year: 'a year' } as const;
const BY = { month: 'by the month', year: 'by the year' } as const;

const INVOICE_WORDS: Record<string, { label: string; tone: Tone }> = {
  draft: { label: 'Being prepared', tone: 'neutral' },
  open: { label: 'To be paid', tone: 'warn' },
  paid: { label: 'Paid', tone: 'good' },
  void: { label: 'Void', tone: 'neutral' },
  uncollectible: { label: 'Written off', tone: 'neutral' },
};

const ADD_ON_WORDS: Record<string, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  trialing: { label: 'Trial', tone: 'info' },
  grace: { label: 'Payment failed', tone: 'warn' },
  unpaid: { label: 'Unpaid', tone: 'bad' },
  paused: { label: 'Paused', tone: 'neutral' },
};

export function presentBillingPage(input: BillingPageInput): BillingPage {
  const { account, subscription, offers, invoices, methods, viewer, now } = input;
  const { debt } = subscription;
  return {
    accountId: account.accountId,
    isOn: account.billingIsOn,
    plan: planPanel(input),
    debt: debt && {
      text: `${money(debt.amountCents, debt.currency, viewer.locale)} is to be paid.`,
      invoiceId: debt.invoiceId,
      payUrl: debt.payUrl,
    },
    plans: offers.plans.map((offer) => planChoice(offer, subscription, viewer)),
    addOns: {
      held: subscription.addOns.map((each) => heldAddOn(each, now, viewer)),
      offered: offers.addOns.map((offer) => addOnChoice(offer, viewer)),
    },
    invoices: invoices && {
      rows: invoices.invoices.map((each) => invoiceRow(each, now, viewer)),
      next: invoices.next,
    },
    methods: methods?.map(methodRow) ?? null,
  };
}

/** `Visa ending in 4242`. */
export function methodText({ brand, last4, type }: Pick<HeldMethod, 'brand' | 'last4' | 'type'>): string {
  const name = capitalised((brand ?? type).replaceAll('_', ' '));
  return last4 === null ? name : `${name} ending in ${last4}`;
}

function planPanel({ account, subscription, planned, viewer, now }: BillingPageInput): PlanPanel {
  const { label, tone } = presentStanding(account, now, viewer);
  const { amountCents, currency, interval, subscriptionId } = subscription;
  const price =
    amountCents !== null && currency !== null
      ? `${money(amountCents, currency, viewer.locale)} ${perText(interval)}`
      : null;
  const isLive = subscriptionId !== null && !['canceled', 'incomplete_expired'].includes(subscription.status);
  return {
    name: subscription.plan.name,
    label,
    tone,
    price,
    next: nextSentences(subscription, planned, now, viewer),
    hasSubscription: isLive,
    canUndo: isLive && (subscription.cancelAt !== null || subscription.plannedChange !== null),
    canCancel: isLive && subscription.cancelAt === null,
  };
}

function nextSentences(
  subscription: SubscriptionAnswer,
  planned: Preview | null,
  now: string,
  viewer: Viewer,
): Sentence[] {
  const { cancelAt, plannedChange, currentPeriodEnd, trialEnd, status, amountCents, currency, creditCents, plan } =
    subscription;
  const at = (instant: string) => momentOf(instant, now, viewer);
  const sum = (cents: number, of: string) => money(cents, of, viewer.locale);
  const list: Sentence[] = [];
  if (cancelAt !== null) {
    list.push(sentence`${plan.name} ends on ${at(cancelAt)}. Until then you can take that back.`);
  } else if (plannedChange) {
    const cost = planned ? ` and costs ${sum(planned.nextAmountCents, planned.currency)} from then on` : '';
    list.push(sentence`On ${at(plannedChange.at)} your plan becomes ${plannedChange.plan.name}${cost}.`);
  } else if (status === 'trialing' && trialEnd !== null && amountCents !== null && currency !== null) {
    list.push(sentence`Your trial ends on ${at(trialEnd)}; then ${sum(amountCents, currency)} is charged.`);
  } else if (status === 'active' && currentPeriodEnd !== null && amountCents !== null && currency !== null) {
    const due = Math.max(0, amountCents - creditCents);
    list.push(sentence`The next ${sum(due, currency)} is charged on ${at(currentPeriodEnd)}.`);
  }
  for (const { note } of plannedChange?.misfits ?? []) list.push([note]);
  if (creditCents > 0 && currency !== null) {
    list.push([`You have ${sum(creditCents, currency)} of credit, which goes against what is charged next.`]);
  }
  return list;
}

function planChoice(offer: PlanOfferAnswer, subscription: SubscriptionAnswer, viewer: Viewer): PlanChoice {
  const { id, name, current, may, prices, trialDays, entitlements } = offer;
  return {
    id,
    name,
    current,
    facts: factsOf(entitlements),
    prices: prices.map(({ interval, amountCents, currency }) => ({
      interval,
      text: `${money(amountCents, currency, viewer.locale)} ${PER[interval]}`,
      current: current && subscription.interval === interval,
    })),
    trial: trialDays > 0 && !current ? `${trialDays} days free` : null,
    refused: may.ok || may.code === 'current' ? null : may.reason,
  };
}

function factsOf({ pool, limits }: PlanOfferAnswer['entitlements']): string[] {
  const endless = (value: number, text: (value: number) => string) => (value < 0 ? 'unlimited' : text(value));
  const workspaces = pool?.workspaces.value ?? 0;
  const room = pool
    ? [
        workspaces === 1 ? '1 workspace' : `${endless(workspaces, String)} workspaces`,
        `${endless(pool.memoryMb.value, megabytes)} memory`,
        pool.cpuPercent.value < 0 ? 'unlimited CPUs' : cpus(pool.cpuPercent.value),
        `${endless(pool.storageMb.value, megabytes)} storage`,
      ]
    : [];
  const counts = Object.entries(limits).map(
    ([name, { value, per }]) =>
      `${endless(value, (count) => count.toLocaleString('en'))} ${words(name)}${per === 'month' ? ' a month' : ''}`,
  );
  return [...room, ...counts];
}

function heldAddOn(addOn: SubscriptionAnswer['addOns'][number], now: string, viewer: Viewer): HeldAddOnRow {
  const { subscriptionId, name, quantity, status, currentPeriodEnd, endsAt, graceEndsAt } = addOn;
  const at = (instant: string) => momentOf(instant, now, viewer);
  return {
    subscriptionId,
    name,
    quantity,
    ...(ADD_ON_WORDS[status] ?? { label: status, tone: 'neutral' }),
    next:
      endsAt !== null
        ? sentence`Ends on ${at(endsAt)}.`
        : graceEndsAt !== null
          ? sentence`It stops giving on ${at(graceEndsAt)} unless it is paid.`
          : sentence`Renews on ${at(currentPeriodEnd)}.`,
    ends: endsAt !== null,
  };
}

function addOnChoice({ id, name, gives, prices, may }: AddOnOfferAnswer, viewer: Viewer): AddOnChoice {
  const parts = [
    gives.memoryMb > 0 ? `${megabytes(gives.memoryMb)} memory` : '',
    gives.cpuPercent > 0 ? cpus(gives.cpuPercent) : '',
    gives.storageMb > 0 ? `${megabytes(gives.storageMb)} storage` : '',
  ];
  return {
    id,
    name,
    gives: parts.filter(Boolean).join(', '),
    prices: prices.map(({ interval, amountCents, currency }) => ({
      interval,
      text: `${money(amountCents, currency, viewer.locale)} ${PER[interval]}`,
    })),
    refused: may.ok ? null : may.reason,
  };
}

function invoiceRow(invoice: InvoiceAnswer, now: string, viewer: Viewer): InvoiceRow {
  const { id, number, status, currency, totalCents, createdAt, hostedUrl, pdfUrl } = invoice;
  return {
    id,
    number: number ?? 'Draft',
    date: momentOf(createdAt, now, viewer),
    amount: money(totalCents, currency, viewer.locale),
    ...(INVOICE_WORDS[status] ?? { label: status, tone: 'neutral' }),
    open: status === 'open',
    hostedUrl,
    pdfUrl,
  };
}

function methodRow(method: HeldMethod): MethodRow {
  const { id, expMonth, expYear, isDefault } = method;
  const expires =
    expMonth === null || expYear === null ? null : `${String(expMonth).padStart(2, '0')}/${String(expYear).slice(-2)}`;
  return { id, text: methodText(method), expires, isDefault };
}

function perText(interval: string | null): string {
  return interval === 'month' || interval === 'year' ? PER[interval] : 'each period';
}

/** `by the month`. */
export function byText(interval: 'month' | 'year'): string {
  return BY[interval];
}

function words(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
