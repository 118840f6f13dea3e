import type {
  AccountAnswer,
  HeldMethod,
  InvoiceAnswer,
  OffersAnswer,
  Preview,
  SubscriptionAnswer,
} from '#api/answers.ts';
import { type ApiClient, ApiProblem } from '../api/api-client.server.ts';
import type { Viewer } from '../format/viewer.ts';
import { type BillingPage, presentBillingPage } from './billing-page.ts';

const INVOICES = 10;

/**
 * Reads the billing page. What only Stripe knows may be missing: the rest is shown without it.
 *
 * @param before the invoice after which the list goes on
 */
export async function readBilling(
  api: ApiClient,
  accountId: string,
  viewer: Viewer,
  before: string | null,
): Promise<BillingPage> {
  const path = accountPath(accountId);
  const [account, subscription, offers] = await Promise.all([
    api.get<AccountAnswer>(path),
    api.get<SubscriptionAnswer>(`${path}/billing/subscription`),
    api.get<OffersAnswer>(`${path}/offers`),
  ]);
  const page = new URLSearchParams({ limit: String(INVOICES), ...(before === null ? {} : { before }) });
  const { plannedChange } = subscription;
  const ofStripe = <T>(rest: string): Promise<T | null> =>
    account.billingIsOn ? orNull(api.get<T>(`${path}/billing/${rest}`)) : Promise.resolve(null);
  const [invoices, methods, planned] = await Promise.all([
    ofStripe<{ invoices: InvoiceAnswer[]; next: string | null }>(`invoices?${page}`),
    ofStripe<{ paymentMethods: HeldMethod[] }>('payment-methods'),
    plannedChange ? ofStripe<Preview>(`preview?${new URLSearchParams({ planId: plannedChange.plan.id })}`) : null,
  ]);
  return presentBillingPage({
    ...{ account, subscription, offers, planned, invoices, viewer },
    methods: methods?.paymentMethods ?? null,
    now: accountTime(account),
  });
}

/** The account's own time now: it can be ahead of this server's, never behind. */
export function accountTime({ now }: Pick<AccountAnswer, 'now'>): string {
  return new Date(Math.max(Date.parse(now), Date.now())).toISOString();
}

export function accountPath(accountId: string): string {
  return `/api/v1/accounts/${encodeURIComponent(accountId)}`;
}

/** A session that has ended is never swallowed. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 500 && error.status !== 429 && error.status !== 409) throw error;
    return null;
  }
}
