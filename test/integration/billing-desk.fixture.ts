import type Stripe from 'stripe';
import { expect } from 'vitest';
import { callApi } from './call-api.ts';
import type { Buyer, BuyerOptions, Shop } from './catalogs/shop.fixture.ts';

/** What the API said. */
export interface Answer {
  status: number;
  headers: Headers;
  // What an answer holds is asserted, field by field.
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  body: any;
}

/** The API's billing, as a program of its customer uses it. */
export interface BillingDesk {
  /** Calls a route of the account's billing, for example `checkout`. */
  bill(buyer: Buyer, method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  /** Calls any path as the buyer. */
  own(buyer: Pick<Buyer, 'cookie'>, method: string, path: string, body?: unknown, key?: string): Promise<Answer>;
  /** All subscriptions of a customer, as Stripe has them. */
  plans(buyer: Buyer): Promise<Stripe.Subscription[]>;
  /** An account that has a plan by the month, as its own page shows it. */
  subscriber(planId: string, options?: BuyerOptions): Promise<Buyer>;
}

/**
 * @param env the environment of the product's processes
 * @param told is shown every answer
 */
export function openBillingDesk(
  env: Record<string, string>,
  shop: Shop,
  told: (method: string, path: string, answer: Answer) => void = () => undefined,
): BillingDesk {
  const desk: BillingDesk = {
    bill: (buyer, method, path, body, key) =>
      desk.own(buyer, method, `/api/v1/accounts/${buyer.accountId}/billing/${path}`, body, key),

    async own({ cookie }, method, path, body, key) {
      const said = await callApi(`${env.LEASEHOLD_API_URL}${path}`, {
        method,
        headers: {
          cookie,
          origin: env.LEASEHOLD_WEB_ORIGIN ?? '',
          ...(key ? { 'idempotency-key': key } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = { status: said.status, headers: said.headers, body: await said.json() };
      told(method, path, answer);
      return answer;
    },

    plans: async ({ stripeCustomerId: customer }) =>
      (await shop.stripe.subscriptions.list({ customer, status: 'all' })).data,

    async subscriber(planId, options = {}) {
      const buyer = await shop.openAccount(options);
      await shop.buy(buyer, `${env.LEASEHOLD_CATALOG?.match(/(\w+)\.yaml$/)?.[1]}_${planId.toLowerCase()}_month`);
      await shop.eventually(buyer, (account) => expect(account.plan.id).toBe(planId));
      return buyer;
    },
  };
  return desk;
}

/** Pays on Stripe's page, as a person with a card does. */
export function payOn(url: string, number = '4242424242424242'): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin },
    body: new URLSearchParams({ number, expiry: '12 / 34', cvc: '123', email: 'a@b.test', name: 'A' }),
    redirect: 'manual',
  });
}

/** Says yes or no on the page of the card's bank. */
export function authenticateOn(url: string, outcome: 'complete' | 'fail' = 'complete'): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin },
    body: new URLSearchParams({ outcome }),
    redirect: 'manual',
  });
}
