import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Stripe from 'stripe';
import type { RecordedCall } from '#stripe-simulator/conformance/recording.ts';

/** The product's own code, of all that may speak to Stripe. */
const FOLDERS = ['activities', 'api', 'billing', 'catalogs', 'cli', 'platform', 'prisma', 'stories', 'worker'];
/** `stripe.subscriptions.list(`, over lines too. */
const CALL = /\bstripe((?:\s*\.\s*[a-zA-Z]+){2,})\s*\(/g;
const ANY_ID = 'x_1';

export interface ClientCall {
  /** For example `subscriptions.list`. */
  name: string;
  /** Where the call is, the first place of several. */
  file: string;
  method: string;
  /** Matches the path of such a call. */
  path: RegExp;
}

/** Every call of Stripe's client in the product's code, with the endpoint that the client makes of it. */
export async function clientCalls(): Promise<ClientCall[]> {
  const files = new Map<string, string>();
  for (const file of FOLDERS.flatMap(sourcesIn)) {
    for (const [, chain = ''] of readFileSync(file, 'utf8').matchAll(CALL)) {
      const name = chain.replace(/\s/g, '').slice(1);
      if (!name.startsWith('webhooks.') && !files.has(name)) files.set(name, file);
    }
  }
  return Promise.all([...files].map(async ([name, file]) => ({ name, file, ...(await endpointOf(name)) })));
}

/** Those that none of the recorded calls is of. */
export function neverMade(calls: readonly ClientCall[], recorded: readonly RecordedCall[]): string[] {
  return calls
    .filter(({ method, path }) => !recorded.some((each) => each.method === method && path.test(each.path)))
    .map(({ name, file, method, path }) => `${name} in ${file} (${method} ${path.source})`);
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name))
    .map((name) => join(folder, name));
}

/** The client itself is asked for its endpoint: it makes the call, and nobody is reached. */
async function endpointOf(name: string): Promise<Pick<ClientCall, 'method' | 'path'>> {
  const asked: { method: string; path: string }[] = [];
  const client = new Stripe('sk_test_nobody', {
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(async (url, init) => {
      asked.push({ method: init?.method ?? 'GET', path: new URL(String(url)).pathname });
      return new Response('{}');
    }),
  });
  // Which arguments a call takes is not known here: an id and parameters, or parameters alone.
  for (const args of [[{}], [ANY_ID, {}]]) {
    try {
      await callOf(client, name)(...args);
    } catch {
      continue;
    }
    const [found] = asked.splice(0).filter(({ path }) => !/object|undefined/i.test(path));
    if (!found) continue;
    const path = new RegExp(`^${found.path.replaceAll(ANY_ID, '[^/]+')}$`);
    return { method: found.method, path };
  }
  throw new Error(`It can't be told which endpoint stripe.${name}() calls.`);
}

function callOf(client: Stripe, name: string): (...args: unknown[]) => Promise<unknown> {
  let holder: unknown = client;
  let found: unknown = client;
  for (const step of name.split('.')) {
    holder = found;
    found = (found as Record<string, unknown>)[step];
  }
  if (typeof found !== 'function') throw new Error(`Stripe's client has no ${name}.`);
  return (...args) => (found as (...args: unknown[]) => Promise<unknown>).apply(holder, args);
}
