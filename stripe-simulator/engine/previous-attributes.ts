/**
 * What an update changed, as `data.previous_attributes` of its event shows it: old values, nested for hashes, whole for
 * arrays; a key that was not there before is `null`. `null` when nothing changed.
 * https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
 */
export function previousAttributes(before: object, after: object): Record<string, unknown> | null {
  const was = before as Record<string, unknown>;
  const is = after as Record<string, unknown>;
  const changed: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const old = was[key];
    const current = is[key];
    if (same(old, current)) continue;
    changed[key] = isHash(old) && isHash(current) ? previousAttributes(old, current) : (old ?? null);
  }
  return Object.keys(changed).length > 0 ? changed : null;
}

function isHash(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
