import { randomUUID } from 'node:crypto';
import type { Changed, Ending, HeldMethod, OpenedCheckout, PaidInvoice } from '#api/answers.ts';
import type { ApiClient } from '../api/api-client.server.ts';
import { invalid, type Refusal } from '../api/refusal.server.ts';
import { textOf } from '../forms/text-of.ts';
import type { DoneWord } from './done-words.ts';
import { accountPath } from './read-billing.server.ts';

/** What became of a button: it is done, it goes on at Stripe, or it was not carried out. */
export type Outcome = { done: DoneWord } | { go: string } | Refusal;

const MOST = 1_000;

/** Carries out what a form of the billing pages asks for. Sent twice, it happens once. */
export async function carryOutBilling(api: ApiClient, accountId: string, form: FormData): Promise<Outcome> {
  const path = `${accountPath(accountId)}/billing`;
  const id = encodeURIComponent(textOf(form, 'id'));
  const headers = { 'idempotency-key': textOf(form, 'formKey') || randomUUID() };
  const interval = textOf(form, 'interval') === 'year' ? 'year' : 'month';
  const planId = textOf(form, 'planId');
  switch (textOf(form, 'intent')) {
    case 'change': {
      const { answer } = await api.patch<Changed>(`${path}/subscription`, { planId, interval }, headers);
      return changed(answer);
    }
    case 'buy-plan':
      return checkout(api, path, { planId, interval }, headers);
    case 'buy-add-on': {
      const quantity = quantityOf(form);
      if (quantity === null) return badQuantity();
      return checkout(api, path, { addOnId: textOf(form, 'id'), interval, quantity }, headers);
    }
    case 'cancel':
      await api.delete<Ending>(`${path}/subscription`, {}, headers);
      return { done: 'cancel' };
    case 'undo':
      await api.post<Ending>(`${path}/subscription/undo`, {}, headers);
      return { done: 'undo' };
    case 'add-on-quantity': {
      const quantity = quantityOf(form);
      if (quantity === null) return badQuantity();
      return changed((await api.patch<Changed>(`${path}/add-ons/${id}`, { quantity }, headers)).answer);
    }
    case 'add-on-cancel':
      await api.post<Ending>(`${path}/add-ons/${id}/cancel`, {}, headers);
      return { done: 'cancel' };
    case 'add-on-undo':
      await api.post<Ending>(`${path}/add-ons/${id}/undo`, {}, headers);
      return { done: 'undo' };
    case 'pay': {
      const { answer } = await api.post<PaidInvoice>(`${path}/invoices/${id}/pay`, {}, headers);
      return answer.nextActionUrl ? { go: answer.nextActionUrl } : { done: 'paid' };
    }
    case 'method-default':
      await api.put<HeldMethod>(`${path}/payment-methods/${id}/default`, {}, headers);
      return { done: 'method-default' };
    case 'method-remove':
      await api.delete<unknown>(`${path}/payment-methods/${id}`, {}, headers);
      return { done: 'method-remove' };
    case 'method-add': {
      const { answer } = await api.post<{ url: string }>(`${path}/portal`, { flow: 'payment-method' }, headers);
      return { go: answer.url };
    }
    default:
      return invalid('That button is not known.');
  }
}

async function checkout(
  api: ApiClient,
  path: string,
  wish: Record<string, unknown>,
  headers: Record<string, string>,
): Promise<Outcome> {
  const { answer } = await api.post<OpenedCheckout>(`${path}/checkout`, wish, headers);
  return { go: answer.url };
}

function changed({ outcome, nextActionUrl }: Changed): Outcome {
  if (outcome === 'needs-customer' && nextActionUrl) return { go: nextActionUrl };
  return { done: outcome === 'scheduled' ? 'scheduled' : 'changed' };
}

function quantityOf(form: FormData): number | null {
  const quantity = Number(textOf(form, 'quantity'));
  return Number.isInteger(quantity) && quantity >= 1 && quantity <= MOST ? quantity : null;
}

function badQuantity(): Refusal {
  return invalid(`Please write how many: a whole number from 1 to ${MOST}.`);
}
