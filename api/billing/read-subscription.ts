import type { PrismaClient } from '#prisma/client.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import type { SubscriptionAnswer } from './answers.ts';

export interface SubscriptionDeps {
  prisma: PrismaClient;
  readModel: ReadModel;
}

/** As last saved: it is there also while Stripe and the workflow are not. */
export async function readSubscription(deps: SubscriptionDeps, accountId: string): Promise<SubscriptionAnswer> {
  const { prisma, readModel } = deps;
  const [stored, state] = await Promise.all([readModel.storedView(accountId), readModel.storedState(accountId)]);
  if (!stored || !state) throw accountNotFound();
  const { view } = stored;
  const { subscription } = view;
  const customerId = state.stripeCustomerId ?? null;
  const [money, item, customer] = await Promise.all([
    readModel.moneyOf(accountId, view.debt?.invoiceId ?? null),
    subscription &&
      prisma.subscriptionItem.findFirst({
        where: { subscriptionId: subscription.id, quantity: { not: null } },
        orderBy: { id: 'asc' },
      }),
    customerId === null
      ? null
      : prisma.stripeCustomer.findUnique({ where: { id: customerId }, select: { creditCents: true } }),
  ]);
  const { pool, limits } = view.entitlements;
  return {
    plan: { id: view.plan.id, name: view.plan.name },
    status: subscription?.status ?? 'free',
    standing: view.standing,
    subscriptionId: subscription?.id ?? null,
    interval: item?.interval ?? null,
    amountCents: item?.unitAmount ? Math.round(Number(item.unitAmount) * Number(item.quantity ?? 1)) : null,
    currency: item?.currency ?? null,
    currentPeriodStart: subscription?.currentPeriodStart ?? null,
    currentPeriodEnd: subscription?.currentPeriodEnd ?? null,
    cancelAtPeriodEnd: (subscription?.cancelAt ?? null) !== null,
    cancelAt: subscription?.cancelAt ?? null,
    trialEnd: subscription?.trialEnd ?? null,
    plannedChange: view.plannedChange,
    debt: view.debt && { ...view.debt, payUrl: money.payUrl },
    pool: pool && valuesOf(pool),
    limits: valuesOf(limits),
    addOns: state.addOns.map(
      ({ subscriptionId, addOnId, name, quantity, status, currentPeriodEnd, endsAt, grace }) => ({
        ...{ subscriptionId, addOnId, name, quantity, status, currentPeriodEnd, endsAt },
        graceEndsAt: grace?.endsAt ?? null,
      }),
    ),
    creditCents: Math.max(0, Number(customer?.creditCents ?? 0)),
  };
}

function valuesOf(explained: object): Record<string, number> {
  const entries = Object.entries(explained as Record<string, { value: number } | undefined>);
  return Object.fromEntries(entries.flatMap(([name, each]) => (each ? [[name, each.value]] : [])));
}
