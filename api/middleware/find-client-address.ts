import { getConnInfo } from '@hono/node-server/conninfo';
import { createMiddleware } from 'hono/factory';
import type { ApiContext, ApiEnv } from '../api-env.ts';
import { CLIENT_ADDRESS_HEADER, readClientAddress } from '../client-address.ts';

/**
 * Leaves the client's address in `clientAddress`: what the web server vouches for, else the other end of the connection.
 * `X-Forwarded-For` is never looked at: anybody can write it.
 */
export function findClientAddress(internalToken: string) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    c.set('clientAddress', readClientAddress(c.req.header(CLIENT_ADDRESS_HEADER), internalToken) ?? peerOf(c));
    await next();
  });
}

/** `null` without a connection, as in a test that calls the app directly. */
function peerOf(c: ApiContext): string | null {
  const bindings = c.env as { incoming?: unknown } | undefined;
  return bindings?.incoming ? (getConnInfo(c).remote.address ?? null) : null;
}
