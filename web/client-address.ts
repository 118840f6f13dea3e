import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';

/**
 * The address of whoever asks: the other end of the connection, or, behind proxies of ours, what the outermost of them
 * wrote into `X-Forwarded-For`. What a client wrote into it itself stands further left and is never read. `null` when
 * there is none.
 *
 * @param proxyHops how many proxies of ours a request comes through
 */
export function clientAddressOf(c: Context, proxyHops: number): string | null {
  if (proxyHops > 0) {
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((each) => each.trim());
    const address = hops.at(-proxyHops);
    return address && /^[\da-f.:]{2,45}$/i.test(address) ? address : null;
  }
  const bindings = c.env as { incoming?: unknown } | undefined;
  return bindings?.incoming ? (getConnInfo(c).remote.address ?? null) : null;
}
