import { isMissingAtStripe, toStripeFailure } from '../stripe-failure.ts';
import type { ReconciliationActivities } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';
import { keepBeating } from './keep-beating.ts';
import type { Pace } from './pace.ts';

const MOST_AT_ONCE = 200;

/** A dispute names a charge and no customer: https://docs.stripe.com/api/disputes/object. The charge names the customer. */
export function createFindCustomers(
  { prisma, stripe, log }: ReconciliationDeps,
  pace: Pace,
): ReconciliationActivities['findCustomers'] {
  async function customerOf(chargeId: string): Promise<string | null> {
    try {
      const { customer } = await stripe.charges.retrieve(chargeId);
      return typeof customer === 'object' ? (customer?.id ?? null) : customer;
    } catch (error) {
      if (isMissingAtStripe(error)) return null;
      throw toStripeFailure(error);
    }
  }

  return () =>
    keepBeating(null, async () => {
      const nameless = await prisma.stripeEvent.findMany({
        where: { customerId: null, chargeId: { not: null }, forwardedAt: null },
        orderBy: { receivedAt: 'asc' },
        take: MOST_AT_ONCE,
        select: { id: true, type: true, chargeId: true },
      });
      for (const { id, type, chargeId } of nameless) {
        await pace();
        const customerId = chargeId && (await customerOf(chargeId));
        if (customerId) {
          await prisma.stripeEvent.update({ where: { id }, data: { customerId } });
          continue;
        }
        const now = new Date();
        const outcome = 'its payment is of no customer';
        await prisma.stripeEvent.update({ where: { id }, data: { forwardedAt: now, actedAt: now, outcome } });
        log.warn({ eventId: id, type, chargeId }, 'an event is about a payment of no customer');
      }
    });
}
