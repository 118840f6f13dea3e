import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header in which the web server tells the API which address its own client has. */
export const CLIENT_ADDRESS_HEADER = 'x-leasehold-client';

/**
 * The header's value: the address and a proof that a holder of the internal token wrote it. Nobody else can make up an
 * address, which rate limits and the audit log go by.
 */
export function signClientAddress(address: string, internalToken: string): string {
  return `${address} ${proofOf(address, internalToken)}`;
}

/** The address of a header that the web server wrote; `null` for a missing or made-up one. */
export function readClientAddress(header: string | undefined, internalToken: string): string | null {
  if (header === undefined) return null;
  const [address = '', proof = ''] = header.split(' ');
  const expected = Buffer.from(proofOf(address, internalToken));
  const given = Buffer.from(proof);
  return given.length === expected.length && timingSafeEqual(given, expected) ? address : null;
}

function proofOf(address: string, internalToken: string): string {
  return createHmac('sha256', internalToken).update(`client-address/${address}`).digest('base64url');
}
