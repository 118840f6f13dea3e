import type { AccountState } from '#domain/account-state.ts';
import type { Catalog } from '#domain/catalog.ts';
import { type MayTake, offersFor } from '#domain/offers.ts';
import type { MayTakeAnswer, OffersAnswer } from '../billing/answers.ts';
import type { ReadModel } from './read-model.ts';

/** An account as last saved, with what it may take now; `null` when nothing is known of it. */
export async function readOffers(
  { readModel, catalog }: { readModel: ReadModel; catalog: Catalog },
  accountId: string,
): Promise<{ state: AccountState; offers: OffersAnswer } | null> {
  const state = await readModel.storedState(accountId);
  if (!state) return null;
  const [aheadMs, { payUrl }] = await Promise.all([
    readModel.clockAheadMs(accountId),
    readModel.moneyOf(accountId, state.debt?.invoiceId ?? null),
  ]);
  const { plans, addOns } = offersFor(catalog, state, new Date(Date.now() + aheadMs).toISOString());
  const payable = <Offer extends { may: MayTake }>(offer: Offer) => ({ ...offer, may: withPayUrl(offer.may, payUrl) });
  return { state, offers: { plans: plans.map(payable), addOns: addOns.map(payable) } };
}

/** Where a debt can be paid is in the read model alone. */
function withPayUrl(may: MayTake, payUrl: string | null): MayTakeAnswer {
  if (may.ok) return may;
  const { debt, ...refusal } = may;
  return debt ? { ...refusal, debt: { ...debt, payUrl } } : refusal;
}
