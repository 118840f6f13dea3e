import type { Schema, StripeDocument } from './stripe-document.ts';

/**
 * What Stripe sends and the document leaves out (older fields), and fields and values of `2026-10-28.endive`, two months
 * younger than the document; each is in the types of the `stripe` package or in Stripe's changelog. Ends of paths.
 */
const BEYOND_THE_DOCUMENT = [
  'product.type',
  'product.tax_details',
  'price.recurring.trial_period_days',
  'features.subscription_pause',
  'current_trial',
  'items.data.plan',
  'total_count',
  'checkout.session.allowed_payment_method_types',
  'pending_update.cancel_at_period_end',
  'pending_update.prebilling_iterations',
  'subscription_items.plan',
  'dispute.evidence_details.submission_method',
  'dispute.intended_submission_method',
  'subscription_schedule.pause_schedules',
  'billing_portal.session.flow.subscription_pause',
  'payment_intent.payment_record',
  'payment_intent.source',
  'charge.source',
];

export interface StripeSchema {
  /** What is wrong with an object of Stripe's, with its path; empty when it has the form of its schema. */
  faultsOfObject(object: unknown): string[];
  /** What is wrong with an answer of the API. */
  faultsOfAnswer(method: string, path: string, status: number, body: unknown): string[];
}

/**
 * Judges answers and events by Stripe's OpenAPI document, of which it reads all that the document uses: types, enums,
 * required and unknown fields, `nullable`, `anyOf`, `maxLength`.
 */
export function createStripeSchema(document: StripeDocument): StripeSchema {
  const schemas = document.components.schemas;
  const templates = Object.keys(document.paths)
    .map((template) => ({
      template,
      pattern: new RegExp(`^${template.replace(/\./g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`),
      holes: (template.match(/\{/g) ?? []).length,
    }))
    // What is named comes before what is a hole.
    .sort((a, b) => a.holes - b.holes);
  const named = new Map<string, Schema>();
  for (const [name, schema] of Object.entries(schemas)) {
    const object = schema.properties?.object?.enum?.[0];
    if (typeof object === 'string' && object === name) named.set(object, schema);
  }

  const resolve = (schema: Schema): Schema => {
    if (schema.$ref === undefined) return schema;
    const found = schemas[schema.$ref.split('/').at(-1) ?? ''];
    if (!found) throw new Error(`The document has no ${schema.$ref}.`);
    return resolve(found);
  };

  const faults = (given: Schema, value: unknown, path: string): string[] => {
    const schema = resolve(given);
    if (value === null) return given.nullable || schema.nullable ? [] : [`${path} is null`];
    if (schema.anyOf) return faultsOfBranches(schema.anyOf, value, path);
    if (schema.enum && !schema.enum.includes(value)) return [`${path} is ${JSON.stringify(value)}, none of its values`];
    if (schema.type === 'array') {
      if (!Array.isArray(value)) return [`${path} is no array`];
      const { items } = schema;
      return items ? value.flatMap((each, index) => faults(items, each, `${path}[${index}]`)) : [];
    }
    if (schema.type === 'object') return faultsOfFields(schema, value, path);
    if (schema.type === 'integer') return Number.isInteger(value) ? [] : [`${path} is ${typeof value}, no integer`];
    if (schema.type !== undefined && typeof value !== schema.type)
      return [`${path} is ${typeof value}, no ${schema.type}`];
    if (schema.maxLength !== undefined && typeof value === 'string' && value.length > schema.maxLength) {
      return [`${path} is longer than ${schema.maxLength}`];
    }
    return [];
  };

  /** The branch of the same `object` says what is wrong, else the one with the fewest faults. */
  const faultsOfBranches = (branches: Schema[], value: unknown, path: string): string[] => {
    const object = (value as { object?: unknown }).object;
    const same = branches.filter(
      (each) => object !== undefined && resolve(each).properties?.object?.enum?.includes(object),
    );
    const found = (same.length > 0 ? same : branches).map((each) => faults(each, value, path));
    return found.sort((a, b) => a.length - b.length)[0] ?? [];
  };

  const faultsOfFields = (schema: Schema, value: unknown, path: string): string[] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is no object`];
    const fields = value as Record<string, unknown>;
    const { properties = {}, additionalProperties: others } = schema;
    const missing = (schema.required ?? []).filter((name) => fields[name] === undefined);
    return [
      ...missing.map((name) => `${path}.${name} is missing`),
      ...Object.entries(fields).flatMap(([name, inner]) => {
        const known = properties[name];
        if (known) return faults(known, inner, `${path}.${name}`);
        if (typeof others === 'object') return faults(others, inner, `${path}.${name}`);
        const isOpen = others === true || schema.properties === undefined;
        return isOpen ? [] : [`${path}.${name} is unknown`];
      }),
    ];
  };

  const isNewer = (fault: string) => {
    const [, path = ''] = /^(\S+) is /.exec(fault.replace(/\[\d+\]/g, '')) ?? [];
    return BEYOND_THE_DOCUMENT.some((end) => path === end || path.endsWith(`.${end}`));
  };

  const faultsOfObject = (object: unknown): string[] => {
    const name = String((object as { object?: unknown }).object);
    const schema = named.get(name);
    if (!schema) return [`${name} has no schema`];
    return faults(schema, object, name).filter((each) => !isNewer(each));
  };

  return {
    faultsOfObject,
    faultsOfAnswer(method, path, status, body) {
      if (status >= 400) return faults(schemas.error ?? {}, body, 'error');
      const template = templates.find(({ pattern }) => pattern.test(path))?.template;
      const operation = document.paths[template ?? '']?.[method.toLowerCase() as 'get'];
      const schema = operation?.responses['200']?.content?.['application/json']?.schema;
      if (!schema) return [`${method} ${path} is not in the document`];
      const root = String((body as { object?: unknown }).object);
      if (root !== 'list') return faults(schema, body, root).filter((each) => !isNewer(each));
      const { data, ...envelope } = body as { data: unknown[] };
      return [...faults(schema, { ...envelope, data: [] }, 'list'), ...data.flatMap(faultsOfObject)];
    },
  };
}
