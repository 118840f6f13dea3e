import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stripe's own stand-in: its module carries Stripe's OpenAPI document, of `2026-08-26.dahlia`. */
export const STRIPE_MOCK = { module: 'github.com/stripe/stripe-mock', version: 'v0.203.0' } as const;

export interface Schema {
  type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  $ref?: string;
  nullable?: boolean;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  maxLength?: number;
}

interface Operation {
  responses: Record<string, { content?: { 'application/json'?: { schema: Schema } } }>;
}

export interface StripeDocument {
  components: { schemas: Record<string, Schema> };
  paths: Record<string, Partial<Record<'get' | 'post' | 'delete', Operation>>>;
}

/**
 * Stripe's OpenAPI document, out of Go's module cache; its module is fetched there first when it is missing.
 *
 * @throws Error without Go
 */
export function readStripeDocument(): StripeDocument {
  return JSON.parse(readFileSync(join(moduleFolder(), 'embedded/openapi/spec3.json'), 'utf8')) as StripeDocument;
}

function moduleFolder(): string {
  const go = (...args: string[]) => execFileSync('go', args, { cwd: tmpdir(), encoding: 'utf8' });
  const { module, version } = STRIPE_MOCK;
  const cached = join(go('env', 'GOMODCACHE').trim(), `${module}@${version}`);
  if (existsSync(cached)) return cached;
  const download = () => go('mod', 'download', '-json', `${module}@${version}`);
  let said: string;
  try {
    said = download();
  } catch {
    // Go asks a registry once only.
    said = download();
  }
  return (JSON.parse(said) as { Dir: string }).Dir;
}
