import type { SeededRandom } from '#test/scenarios/seeded-random.ts';
import { lawfulName, pick } from './hostile-text.ts';

/** As much of JSON Schema as the app's own description uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** Values of fields by their names, where a schema says too little, such as an id that has to be there. */
export type Known = Record<string, (random: SeededRandom) => unknown>;

/** A value that a schema of the description allows. */
export function lawfulValue(
  random: SeededRandom,
  schema: Schema,
  context: { schemas: Record<string, Schema>; known: Known },
  name = '',
): unknown {
  const known = context.known[name];
  if (known) return known(random);
  const within = (inner: Schema, of = name) => lawfulValue(random, inner, context, of);
  if (schema.$ref) return within(context.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return pick(random, schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return within(pick(random, choices));
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((each) => within(each)));
  switch (Array.isArray(schema.type) ? pick(random, schema.type) : schema.type) {
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const present = Object.entries(properties).filter(([key]) => required.includes(key) || random.chance(0.5));
      return Object.fromEntries(present.map(([key, each]) => [key, within(each, key)]));
    }
    case 'array':
      return Array.from({ length: Math.max(schema.minItems ?? 0, 1) }, () => within(schema.items ?? {}));
    case 'integer':
    case 'number':
      return random.between(schema.minimum ?? 1, Math.min(schema.maximum ?? 4_096, 4_096));
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'string':
      if (schema.format === 'date-time') return new Date(Date.now() + random.between(0, 30) * 86_400_000).toISOString();
      if (schema.format === 'email') return `hostile-${random.between(0, 1_000_000_000)}@leasehold.test`;
      return lawfulName(random);
    default:
      return pick(random, [1, 'a', null, { a: 1 }, [1]]);
  }
}
