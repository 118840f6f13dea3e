import { isIP } from 'node:net';

/**
 * The address of the browser that a request comes from. `X-Forwarded-For` counts only as far as proxies of ours wrote it: from
 * the connection's other end backwards, the first address that is not a trusted proxy's.
 *
 * @param peer the other end of the connection
 * @param trustedProxies addresses of our own proxies
 * @returns `null` when a trusted proxy passed on what is no address
 */
export function clientAddressOf(
  peer: string | undefined,
  forwardedFor: string | null,
  trustedProxies: readonly string[],
): string | null {
  const hops = [...(forwardedFor ?? '').split(','), peer ?? ''].map((hop) => hop.trim().replace(/^::ffff:/, ''));
  const client = hops.findLast((hop) => !trustedProxies.includes(hop));
  return client !== undefined && isIP(client) !== 0 ? client : null;
}
