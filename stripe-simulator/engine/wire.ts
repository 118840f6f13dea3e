import type { NextAction } from './objects.ts';
import type { World } from './world.ts';

export interface WireObject {
  object: string;
  [field: string]: unknown;
}

/** Addresses are kept without the origin, which may differ from one start to the next. */
const ADDRESSES: Record<string, readonly string[]> = {
  invoice: ['hosted_invoice_url', 'invoice_pdf'],
  'checkout.session': ['url'],
  'billing_portal.session': ['url'],
};

/** An object as it is sent: a copy, with the addresses of hosted pages in full. */
export function wire(world: World, object: object): WireObject {
  const copy = structuredClone(object) as WireObject;
  for (const field of ADDRESSES[copy.object] ?? []) copy[field] = inFull(world, copy[field]);
  if (copy.object === 'payment_intent' || copy.object === 'setup_intent') {
    const action = copy.next_action as NextAction | null;
    if (action?.type === 'redirect_to_url') action.redirect_to_url.url = inFull(world, action.redirect_to_url.url);
    if (action?.type === 'use_stripe_sdk')
      action.use_stripe_sdk.stripe_js = inFull(world, action.use_stripe_sdk.stripe_js);
  }
  return copy;
}

function inFull<T>(world: World, address: T): T | string {
  return typeof address === 'string' && address.startsWith('/') ? `${world.publicUrl}${address}` : address;
}
