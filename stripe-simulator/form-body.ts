/** A value of a form-encoded body: text, or what its brackets nest. */
export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type FormFields = { [key: string]: FormValue };

/** A body whose brackets make no sense. */
export class FormBodyError extends Error {
  override readonly name = 'FormBodyError';
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads `a[b][c]=v`, `a[]=v` and `a[0][b]=v` as Stripe's clients send them.
 * https://docs.stripe.com/api/expanding_objects shows the array form, https://docs.stripe.com/api/metadata the map form.
 *
 * @throws FormBodyError when one key is both text and nested, or a bracket is not closed
 */
export function parseFormBody(encoded: string): FormFields {
  const root: FormFields = {};
  for (const [key, value] of new URLSearchParams(encoded)) {
    const path = keyPath(key);
    let node: FormFields = root;
    path.forEach((segment, index) => {
      const name = segment === '' ? String(Object.keys(node).length) : segment;
      if (index === path.length - 1) {
        if (typeof node[name] === 'object') throw new FormBodyError(`Invalid parameter: ${key} is nested elsewhere`);
        node[name] = value;
        return;
      }
      const next = node[name] ?? {};
      if (typeof next === 'string') throw new FormBodyError(`Invalid parameter: ${key} is text elsewhere`);
      node[name] = next;
      node = next as FormFields;
    });
  }
  return withArrays(root) as FormFields;
}

function keyPath(key: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key);
  if (!match) throw new FormBodyError(`Invalid parameter name: ${key}`);
  const inner = [...(match[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '');
  const path = [match[1] ?? '', ...inner];
  if (path.some((segment) => FORBIDDEN.has(segment))) throw new FormBodyError(`Invalid parameter name: ${key}`);
  return path;
}

/** Turns maps whose keys count from 0 into arrays, below the top level. */
function withArrays(value: FormValue, top = true): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withArrays(inner, false)] as const);
  const counts = entries.length > 0 && entries.every(([key], index) => key === String(index));
  return counts && !top ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
