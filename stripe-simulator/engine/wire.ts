import type { Invoice } from './objects.ts';
import type { World } from './world.ts';

export interface WireObject {
  object: string;
  [field: string]: unknown;
}

/** An object as it is sent: a copy, with the address of its hosted page in full. */
export function wire(world: World, object: object): WireObject {
  const copy = structuredClone(object) as WireObject;
  if (copy.object === 'invoice') {
    const path = (object as Invoice).hosted_invoice_url;
    copy.hosted_invoice_url = path === null ? null : `${world.publicUrl}${path}`;
  }
  return copy;
}
