import type { Standing } from '#domain/account-state.ts';
import {
  type AddOn,
  type Catalog,
  doesSomethingOn,
  firstPaidPlanOf,
  isFor,
  isSelfService,
  type Plan,
} from '#domain/catalog.ts';
import { closeAccount, keepAccount } from '#domain/commands.ts';
import { extendGrace } from '#domain/extend-grace.ts';
import type { SubscriptionSnapshot } from '#domain/snapshot.ts';
import { addOn, day, ExampleAccount, type Outcome, openInvoice, paid, unpaid } from './example-account.ts';

/** A situation in words, with what the product's rules make of it. */
export interface Situation {
  what: string;
  outcome: Outcome;
}

interface Actors {
  catalog: Catalog;
  /** A plan that is paid for. */
  plan: Plan;
  /** A dearer one, where there is one. */
  bigger: Plan | null;
  /** An add-on that does something on the plan, where there is one. */
  extra: AddOn | null;
}

const OVER = { status: 'canceled', endedAt: day(2), cancelReason: 'cancellation_requested' } as const;

/** Whom the situations happen to, in the terms of a catalog. */
export function actorsOf(catalog: Catalog): Actors {
  const plan = firstPaidPlanOf(catalog, 'personal');
  const offered = catalog.plans.filter(
    (each) => isFor(each, 'personal') && isSelfService(each) && each.prices.length > 0,
  );
  const isSold = (each: AddOn) => isFor(each, 'personal') && !each.retired && doesSomethingOn(each, plan.id);
  return {
    catalog,
    plan,
    bigger: offered[offered.indexOf(plan) + 1] ?? null,
    extra: catalog.addOns.find(isSold) ?? null,
  };
}

/** An account that pays for the plan, and a look at each of these in turn: the last one is told. */
function payer({ catalog, plan }: Actors): ExampleAccount {
  const account = new ExampleAccount(catalog);
  account.sees(-31, [paid(plan.id, { currentPeriodStart: day(-31), currentPeriodEnd: day(0) })]);
  account.sees(0, [paid(plan.id)]);
  return account;
}

/** Each way an account can stand under the catalog, at its beginning. */
export function standings(actors: Actors): { standing: Standing; status: string; outcome: Outcome }[] {
  const { catalog, plan } = actors;
  const first = { createdAt: day(0), trialEnd: null };
  const fresh = () => new ExampleAccount(catalog);
  const overdue = payer(actors);
  const grace = overdue.sees(0, [unpaid(plan.id)]);
  const suspended = overdue.sees(catalog.dunning.suspendAfterDays, [unpaid(plan.id)]);
  overdue.sees(catalog.dunning.cancelAfterDays, [unpaid(plan.id)]);
  const canceled = overdue.sees(catalog.dunning.cancelAfterDays, [paid(plan.id, OVER)]);
  const rows: [status: string, outcome: Outcome][] = [
    ['no subscription', fresh().sees(0, [])],
    [
      '`incomplete`',
      fresh().sees(0, [
        paid(plan.id, {
          ...first,
          status: 'incomplete',
          invoices: [openInvoice({ billingReason: 'subscription_create' })],
        }),
      ]),
    ],
    ['`trialing`', fresh().sees(0, [paid(plan.id, { ...first, status: 'trialing', trialEnd: day(14) })])],
    ['`active`', fresh().sees(0, [paid(plan.id, first)])],
    ['`past_due` or `unpaid`, in time', grace],
    ['`past_due` or `unpaid`, too long', suspended],
    ['`canceled` after that', canceled],
    ['`paused` (a trial ended without a card)', fresh().sees(0, [paid(plan.id, { ...first, status: 'paused' })])],
  ];
  return rows.map(([status, outcome]) => ({ standing: outcome.state.standing, status, outcome }));
}

/** A renewal that is never paid: each of its days, with what is done on it. */
export function dunningDays(actors: Actors): { day: number; outcome: Outcome }[] {
  const { plan, catalog } = actors;
  const { reminderDays, suspendAfterDays, cancelAfterDays, deletionWarningDays, deleteAfterDays } = catalog.dunning;
  const days = [...reminderDays, suspendAfterDays, cancelAfterDays, ...deletionWarningDays, deleteAfterDays];
  const account = payer(actors);
  return [...new Set(days)]
    .sort((a, b) => a - b)
    .map((each) => {
      const isOver = each > cancelAfterDays;
      const asked = account.sees(each, [isOver ? paid(plan.id, OVER) : unpaid(plan.id)]);
      if (each !== cancelAfterDays) return { day: each, outcome: asked };
      // The cancel is seen at once.
      const seen = account.sees(each, [paid(plan.id, OVER)]);
      const effects = [...asked.effects, ...seen.effects];
      return { day: each, outcome: { ...seen, effects, happened: [...asked.happened, ...seen.happened] } };
    });
}

/** Payments, late and early. */
export function paymentSituations(actors: Actors): Situation[] {
  const { plan, catalog } = actors;
  const { suspendAfterDays, cancelAfterDays } = catalog.dunning;
  const first = { createdAt: day(0), latestInvoiceId: 'in_1' };
  const failedFirst = [openInvoice({ billingReason: 'subscription_create' })];
  const overdue = () => {
    const account = payer(actors);
    account.sees(0, [unpaid(plan.id)]);
    return account;
  };
  const suspended = () => {
    const account = overdue();
    account.sees(suspendAfterDays, [unpaid(plan.id)]);
    return account;
  };
  const canceled = () => {
    const account = suspended();
    account.sees(cancelAfterDays, [unpaid(plan.id)]);
    account.sees(cancelAfterDays, [paid(plan.id, OVER)]);
    account.sees(cancelAfterDays + 1, [paid(plan.id, OVER)]);
    return account;
  };
  const later = openInvoice({ id: 'in_2', finalizedAt: day(28), createdAt: day(28) });
  const trial = () => {
    const account = new ExampleAccount(catalog);
    account.sees(-14, [paid(plan.id, { ...first, status: 'trialing', trialEnd: day(0) })]);
    return account;
  };
  const trialOver = { createdAt: day(-14), trialEnd: day(0) };
  const more = { commandId: 'c1', days: 5, reason: 'the bank was closed' };
  const renewed = { id: 'in_3', finalizedAt: day(0.1), amountCents: 2900, currency: 'usd' };
  return rows(
    ['An invoice is final', payer(actors).sees(1, [paid(plan.id)], { finalizedInvoices: [renewed] })],
    [
      'The first payment fails',
      new ExampleAccount(catalog).sees(0, [paid(plan.id, { ...first, status: 'incomplete', invoices: failedFirst })]),
    ],
    [
      'A trial begins',
      new ExampleAccount(catalog).sees(0, [paid(plan.id, { ...first, status: 'trialing', trialEnd: day(14) })]),
    ],
    ['A trial ends and is paid', trial().sees(0, [paid(plan.id, trialOver)])],
    ['A trial ends with nothing to charge', trial().sees(0, [unpaid(plan.id, trialOver)], { card: null })],
    ['The renewal fails', payer(actors).sees(0, [unpaid(plan.id)])],
    [
      'Another attempt fails in grace',
      overdue().sees(1, [unpaid(plan.id, { invoices: [openInvoice({ attemptCount: 2 })] })]),
    ],
    ['It is paid in grace', overdue().sees(5, [paid(plan.id)])],
    ['Support gives 5 more days', overdue().asks(5, (state, now) => extendGrace(state, more, now))],
    ['It is paid after the suspension', suspended().sees(suspendAfterDays + 1, [paid(plan.id)])],
    [
      'Of two unpaid invoices the older is paid',
      suspended().sees(28, [unpaid(plan.id, { latestInvoiceId: 'in_2', invoices: [later] })]),
    ],
    [
      'The unpaid invoice is voided or written off',
      overdue().sees(5, [paid(plan.id, { invoices: [openInvoice({ status: 'void' })] })]),
    ],
    ['The customer cancels in grace', overdue().sees(2, [unpaid(plan.id, OVER)])],
    [
      'A payment is on its way on the day of the cancel',
      suspended().sees(cancelAfterDays, [unpaid(plan.id)], { paymentInDoubt: true }),
    ],
    ['The old invoice is paid after the cancel', canceled().sees(cancelAfterDays + 2, [paid(plan.id, OVER)])],
    [
      'A new subscription after the cancel',
      canceled().sees(cancelAfterDays + 2, [
        paid(plan.id, OVER),
        paid(plan.id, {
          id: 'sub_2',
          createdAt: day(cancelAfterDays + 2),
          currentPeriodStart: day(cancelAfterDays + 2),
          currentPeriodEnd: day(cancelAfterDays + 33),
        }),
      ]),
    ],
    [
      'The card expires in a month',
      payer(actors).sees(5, [paid(plan.id)], { card: { id: 'pm_1', expiresAt: day(31) } }),
    ],
  );
}

/** Changes of what is bought. */
export function changeSituations(actors: Actors): Situation[] {
  const { plan, bigger, extra } = actors;
  const list: [string, Outcome][] = [];
  const seen = (subscriptions: SubscriptionSnapshot[], at = 2) => payer(actors).sees(at, subscriptions);
  if (bigger) {
    const asked = {
      invoices: [openInvoice({ id: 'in_2', billingReason: 'subscription_update' })],
      latestInvoiceId: 'in_2',
    };
    const smaller = { planId: plan.id, at: day(31) };
    const onBigger = () => {
      const account = payer(actors);
      account.sees(1, [paid(bigger.id)]);
      return account;
    };
    const onTheWay = onBigger();
    onTheWay.sees(2, [paid(bigger.id, { plannedChange: smaller })]);
    list.push(
      [`An upgrade to ${bigger.name} is paid`, seen([paid(bigger.id)])],
      [`An upgrade to ${bigger.name} is declined, or waits for 3D Secure`, seen([paid(plan.id, asked)])],
      [
        `A downgrade from ${bigger.name} is asked for`,
        onBigger().sees(2, [paid(bigger.id, { plannedChange: smaller })]),
      ],
      [
        'The day of the downgrade comes',
        onTheWay.sees(31, [paid(plan.id, { currentPeriodStart: day(31), currentPeriodEnd: day(61) })]),
      ],
      [
        `${bigger.name} is bought beside ${plan.name}`,
        seen([
          paid(plan.id),
          paid(bigger.id, {
            id: 'sub_2',
            createdAt: day(1),
            latestInvoiceId: 'in_2',
            invoices: [openInvoice({ id: 'in_2', subscriptionId: 'sub_2', status: 'paid' })],
          }),
        ]),
      ],
    );
  }
  const leaving = payer(actors);
  leaving.sees(1, [paid(plan.id, { cancelAt: day(31) })]);
  list.push(
    ['A cancel at the end of the period', seen([paid(plan.id, { cancelAt: day(31) })])],
    ['That cancel is taken back', leaving.sees(2, [paid(plan.id)])],
    ['The subscription ends as its customer asked', seen([paid(plan.id, OVER)])],
  );
  if (extra) {
    const having = () => {
      const account = payer(actors);
      account.sees(1, [paid(plan.id), addOn(extra.id)]);
      return account;
    };
    const owed = addOn(extra.id, {
      status: 'past_due',
      invoices: [openInvoice({ id: 'in_addon', subscriptionId: 'sub_addon' })],
    });
    const late = having();
    late.sees(1.5, [paid(plan.id), owed]);
    list.push(
      [`${extra.name} is bought`, seen([paid(plan.id), addOn(extra.id)])],
      [`The renewal of ${extra.name} fails`, having().sees(2, [paid(plan.id), owed])],
      [
        `${extra.name} is still unpaid on day ${actors.catalog.dunning.suspendAfterDays}`,
        late.sees(actors.catalog.dunning.suspendAfterDays, [paid(plan.id), owed]),
      ],
      [`${extra.name} is cancelled`, having().sees(2, [paid(plan.id)])],
    );
  }
  return rows(...list);
}

/** Money that goes back, and people who leave. */
export function endSituations(actors: Actors): Situation[] {
  const { plan, catalog } = actors;
  const seen = (more: Parameters<ExampleAccount['sees']>[2]) => payer(actors).sees(2, [paid(plan.id)], more);
  const dispute = (status: string) => ({ disputes: [{ id: 'dp_1', status, createdAt: day(1) }], paymentInDoubt: true });
  const disputed = () => {
    const account = payer(actors);
    account.sees(1, [paid(plan.id)], dispute('needs_response'));
    return account;
  };
  const closing = () => {
    const account = payer(actors);
    account.asks(1, (state, now) => closeAccount(state, { commandId: 'c1' }, now));
    return account;
  };
  const retained = () => {
    const account = closing();
    account.sees(1, [paid(plan.id)]);
    account.sees(2, [paid(plan.id, OVER)]);
    return account;
  };
  return rows(
    ['The bank asks about a payment (inquiry)', seen(dispute('warning_needs_response'))],
    ['A payment is disputed', seen(dispute('needs_response'))],
    ['The dispute is won', disputed().sees(2, [paid(plan.id)], { ...dispute('won'), paymentInDoubt: false })],
    ['The dispute is lost', disputed().sees(2, [paid(plan.id)], { ...dispute('lost'), paymentInDoubt: false })],
    [
      'All that was paid for the current period is refunded',
      payer(actors).sees(2, [paid(plan.id, { refundedInvoiceId: 'in_1' })]),
    ],
    ['Collection is paused at Stripe', payer(actors).sees(2, [paid(plan.id, { collectionPaused: true })])],
    [
      'The owner closes the account: asked',
      payer(actors).asks(1, (state, now) => closeAccount(state, { commandId: 'c1' }, now)),
    ],
    ['… the next look', closing().sees(1, [paid(plan.id)])],
    [
      '… nothing can be charged any more',
      (() => {
        const account = closing();
        account.sees(1, [paid(plan.id)]);
        return account.sees(2, [paid(plan.id, OVER)]);
      })(),
    ],
    ['… taken back in time', retained().asks(3, (state, now) => keepAccount(state, { commandId: 'c2' }, now))],
    [
      `… ${catalog.deleteClosedAfterDays} days later`,
      retained().sees(2 + catalog.deleteClosedAfterDays, [paid(plan.id, OVER)]),
    ],
  );
}

function rows(...list: [what: string, outcome: Outcome][]): Situation[] {
  return list.map(([what, outcome]) => ({ what, outcome }));
}
