import type { Readable } from 'node:stream';
import Stripe from 'stripe';
import { SIZE_LIMITS } from '#domain/size-limits.ts';

/** The version of Stripe's API that this code is written against. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

const TIMEOUT_MS = 8_000;
const { maxBytes } = SIZE_LIMITS.stripe.page;

/**
 * @param secretKey a secret key of Stripe, or any `sk_test_…` for the simulator
 * @param apiBase address of the simulator; `undefined` means Stripe itself
 */
export function createStripe(secretKey: string, apiBase?: string): Stripe {
  const base = apiBase === undefined ? null : new URL(apiBase);
  return new Stripe(secretKey, {
    httpClient: boundedHttpClient(),
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 1,
    timeout: TIMEOUT_MS,
    telemetry: false,
    ...(base && {
      protocol: base.protocol === 'https:' ? ('https' as const) : ('http' as const),
      host: base.hostname,
      port: base.port,
    }),
  });
}

/** Stripe's own client, with answers read to a limit: a proxy or a wrong address in its place can't fill this process. */
function boundedHttpClient(): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...request) => {
    const response = await makeRequest(...request);
    const body = response.getRawResponse() as Readable;
    const toJson = response.toJSON.bind(response);
    response.toJSON = () => {
      const read = toJson();
      let bytes = 0;
      body.on('data', (chunk: string | Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) body.destroy(new Error(`The answer has more than ${maxBytes} bytes.`));
      });
      return read;
    };
    return response;
  };
  return client;
}
