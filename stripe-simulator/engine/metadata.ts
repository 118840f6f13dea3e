import type { Metadata } from './objects.ts';

/** Keys given replace keys there, an empty value removes its key, `null` removes all. https://docs.stripe.com/api/metadata */
export function mergeMetadata(current: Metadata, given: Metadata | null | undefined): Metadata {
  if (given === undefined) return current;
  if (given === null) return {};
  return Object.fromEntries(Object.entries({ ...current, ...given }).filter(([, value]) => value !== ''));
}
