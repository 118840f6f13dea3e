import { linkCustomer } from '#workflows/subscription/messages.ts';
import type { AskedAccount } from '../access/find-account.ts';
import { Problem } from '../problem.ts';
import type { BillingDeps } from './billing-deps.ts';

const PAGE = 100;

/** Id of the account's customer at Stripe; `null` before the first purchase. */
export async function customerOf({ prisma }: Pick<BillingDeps, 'prisma'>, accountId: string): Promise<string | null> {
  const row = await prisma.account.findUnique({ where: { id: accountId }, select: { stripeCustomerId: true } });
  return row?.stripeCustomerId ?? null;
}

/** As `customerOf`. @throws Problem 409 `no-customer` before the first purchase */
export async function requireCustomer(deps: Pick<BillingDeps, 'prisma'>, accountId: string): Promise<string> {
  const id = await customerOf(deps, accountId);
  if (id !== null) return id;
  throw new Problem(
    409,
    'no-customer',
    'Nothing was ever bought',
    'The account is not known at Stripe yet. Buy something first, with POST …/billing/checkout or …/billing/subscription.',
  );
}

/**
 * The account's one customer at Stripe, made and joined with the account when there is none. A customer that an earlier
 * request made, and did not come to join, is taken up again.
 */
export async function ensureCustomer(deps: BillingDeps, account: AskedAccount): Promise<string> {
  const { accountId } = account;
  const present = await customerOf(deps, accountId);
  if (present !== null) return present;
  const { name, email } = await billedParty(deps, account);
  const { stripe } = deps;
  const namesakes = await stripe.customers.list({ email, limit: PAGE });
  const made =
    namesakes.data.find((each) => each.metadata.account_id === accountId) ??
    (await stripe.customers.create(
      { email, name, metadata: { account_id: accountId, ...ownerMetadata(account) } },
      { idempotencyKey: `leasehold/customer/${accountId}` },
    ));
  const command = { commandId: `http/${accountId}/link-customer/${made.id}`, stripeCustomerId: made.id };
  await deps.sendCommand(accountId, linkCustomer, command);
  return made.id;
}

/** Whose the account is, in metadata, by the keys that existing systems know. */
export function ownerMetadata({ userId, organisationId }: AskedAccount): Record<string, string> {
  return {
    ...(userId === null ? {} : { user_id: userId }),
    ...(organisationId === null ? {} : { organization_id: organisationId }),
  };
}

/** A person, or an organisation at the address of the owner who has been it for longest. */
async function billedParty(
  { prisma }: BillingDeps,
  { accountId, userId, organisationId }: AskedAccount,
): Promise<{ name: string; email: string }> {
  if (userId !== null)
    return prisma.user.findUniqueOrThrow({ where: { id: userId }, select: { name: true, email: true } });
  const owner = await prisma.member.findFirst({
    where: { organisationId: organisationId ?? '', role: 'owner' },
    orderBy: { createdAt: 'asc' },
    select: { user: { select: { email: true } }, organisation: { select: { name: true } } },
  });
  if (!owner) throw new Error(`The organisation of account ${accountId} has no owner.`);
  return { name: owner.organisation.name, email: owner.user.email };
}
