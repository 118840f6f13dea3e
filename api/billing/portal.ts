import type Stripe from 'stripe';
import type { AskedAccount } from '../access/find-account.ts';
import { accountNotFound } from '../accounts/refusals.ts';
import type { BillingDeps } from './billing-deps.ts';
import { requireCustomer } from './customer.ts';
import { heldSubscriptions, requirePlan } from './held-subscriptions.ts';

/** Where in the portal somebody is taken. Default: its first page. */
export const PORTAL_FLOWS = ['payment-method', 'cancel'] as const;
export type PortalFlow = (typeof PORTAL_FLOWS)[number];

const PAGE = 100;

/** A page of Stripe's own where customers see to cards, invoices and a cancel. Good for a few minutes. */
export async function openPortal(
  deps: BillingDeps,
  { accountId }: AskedAccount,
  flow: PortalFlow | undefined,
): Promise<{ url: string }> {
  const { stripe, catalog, webOrigin } = deps;
  const customer = await requireCustomer(deps, accountId);
  const home = `${webOrigin}/accounts/${accountId}/billing`;
  const configuration = await configurationOf(deps);
  const { url } = await stripe.billingPortal.sessions.create({
    customer,
    return_url: home,
    ...(configuration && { configuration }),
    ...(flow && { flow_data: await flowData(flow) }),
  });
  return { url };

  async function flowData(wanted: PortalFlow): Promise<Stripe.BillingPortal.SessionCreateParams.FlowData> {
    const after_completion = { type: 'redirect' as const, redirect: { return_url: home } };
    if (wanted === 'payment-method') return { type: 'payment_method_update', after_completion };
    const state = await deps.readModel.storedState(accountId);
    if (!state) throw accountNotFound();
    const { id } = requirePlan(await heldSubscriptions(stripe, catalog, customer, state));
    return { type: 'subscription_cancel', subscription_cancel: { subscription: id }, after_completion };
  }
}

/** The catalog's own configuration, which its sync makes; else Stripe's default one. */
async function configurationOf({ stripe, catalog }: BillingDeps): Promise<string | null> {
  const { data } = await stripe.billingPortal.configurations.list({ active: true, limit: PAGE });
  return data.find((each) => each.metadata?.leasehold_catalog === catalog.id)?.id ?? null;
}
