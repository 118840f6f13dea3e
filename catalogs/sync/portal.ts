/**
 * What customers do in Stripe's portal: pay, look at invoices, change their card and address, and cancel at the end of
 * the period. Plans are changed in the product, which checks first whether what is in use fits.
 * https://docs.stripe.com/customer-management/configure-portal
 */
export const PORTAL_FEATURES = {
  customer_update: { enabled: true, allowed_updates: ['address', 'email', 'name', 'phone', 'tax_id'] },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: { enabled: true, mode: 'at_period_end', proration_behavior: 'none' },
  subscription_update: { enabled: false },
} as const;

type Wanted = Record<string, boolean | string | readonly string[]>;

/** The features that differ, in words, for example `invoice_history.enabled`. Settings that we do not set are left alone. */
export function portalDifferences(present: Record<string, unknown>): string[] {
  return Object.entries(PORTAL_FEATURES).flatMap(([feature, settings]) =>
    Object.entries(settings as Wanted)
      .filter(([name, value]) => !same((present[feature] as Record<string, unknown> | undefined)?.[name], value))
      .map(([name]) => `${feature}.${name}`),
  );
}

function same(present: unknown, wanted: boolean | string | readonly string[]): boolean {
  if (!Array.isArray(wanted)) return present === wanted;
  return Array.isArray(present) && JSON.stringify([...present].sort()) === JSON.stringify([...wanted].sort());
}
