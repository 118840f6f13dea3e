import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;
type Answers = Record<string, { content?: Record<string, { schema: Json }> }>;
interface Document {
  paths: Record<string, Record<string, { responses: Answers }>>;
  components: { schemas: Record<string, Json> };
}

/** Judges answers by the API's own OpenAPI document: what is not described there is a fault as well. */
export interface PublishedAnswers {
  /** What is wrong with an answer, with its place; empty when it is as published. */
  faultsOf(method: string, path: string, status: number, body: unknown): string[];
  /** `METHOD path` of every operation whose path matches. */
  operations(pattern: RegExp): string[];
  /** `METHOD path` of the operations of which a successful answer was judged. */
  seen: Set<string>;
}

/** @param document the body of `GET /api/v1/openapi.json` */
export function publishedAnswers(document: unknown): PublishedAnswers {
  const { paths, components } = document as Document;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'published', components: { schemas: closedEach(components.schemas, true) } });
  const compiled = new Map<string, ValidateFunction>();
  const templates = Object.keys(paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));
  // What is named comes before what is a hole.
  templates.sort((a, b) => a.template.split('{').length - b.template.split('{').length);

  const validatorOf = (operation: string, status: number, schema: Json): ValidateFunction => {
    const key = `${operation} ${status}`;
    const known = compiled.get(key) ?? ajv.compile(absoluteRefs(closed(schema)) as object);
    compiled.set(key, known);
    return known;
  };

  const seen = new Set<string>();
  return {
    seen,
    operations: (pattern) =>
      Object.entries(paths).flatMap(([path, methods]) =>
        pattern.test(path) ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`) : [],
      ),
    faultsOf(method, given, status, body) {
      const [path = ''] = given.split('?');
      const template = templates.find(({ pattern }) => pattern.test(path))?.template;
      const operation = `${method} ${template}`;
      const answer = paths[template ?? '']?.[method.toLowerCase()]?.responses[String(status)];
      if (!answer) return [`${operation} is not published with the answer ${status}`];
      const schema = Object.values(answer.content ?? {})[0]?.schema;
      if (!schema) return [`${operation} ${status} is published without a body`];
      if (status < 300) seen.add(operation);
      const validate = validatorOf(operation, status, schema);
      if (validate(body)) return [];
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${operation} ${status} ${instancePath} ${message} ${JSON.stringify(params)}`,
      );
    },
  };
}

/**
 * Objects of named fields take no others. What a schema is put together of is closed by the whole.
 *
 * @param isPart whether it is a part of another, or referred to by one
 */
function closed(schema: unknown, isPart = false): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const known = schema as Json;
  const copy = { ...known };
  for (const keyword of ['allOf', 'anyOf', 'oneOf']) {
    if (Array.isArray(known[keyword])) copy[keyword] = known[keyword].map((each) => closed(each, true));
  }
  for (const keyword of ['items', 'additionalProperties']) {
    if (keyword in known) copy[keyword] = closed(known[keyword]);
  }
  if ('properties' in known) copy.properties = closedEach(known.properties, false);
  const namesFields = ['$ref', 'properties', 'allOf', 'anyOf', 'oneOf'].some((keyword) => keyword in known);
  if (!isPart && namesFields && !('additionalProperties' in known)) copy.unevaluatedProperties = false;
  return copy;
}

function closedEach(schemas: unknown, areParts: boolean): Json {
  return Object.fromEntries(Object.entries(schemas as Json).map(([name, each]) => [name, closed(each, areParts)]));
}

function absoluteRefs(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"published#/components/'));
}
