import { readFile } from 'node:fs/promises';

const ROUTES = '/proc/net/route';

/**
 * The IPv4 blocks that this machine has routes to, in CIDR form, without the default route. Bridges of another engine, or of
 * one that has ended, are among them: a network on such a block would be reached by the wrong bridge. Empty where the
 * machine has no such table.
 */
export async function hostRoutes(): Promise<string[]> {
  const table = await readFile(ROUTES, 'utf8').catch(() => '');
  return routesOf(table);
}

/** @param table as in `/proc/net/route`: destination and mask are hexadecimal, least significant byte first */
export function routesOf(table: string): string[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination = '', , , , , , mask = ''] = line.trim().split(/\s+/);
      const address = bytesOf(destination);
      const prefix = bytesOf(mask)?.reduce((bits, byte) => bits + byte.toString(2).replaceAll('0', '').length, 0);
      return address && prefix ? [`${address.join('.')}/${prefix}`] : [];
    });
}

function bytesOf(hex: string): number[] | null {
  if (!/^[0-9A-Fa-f]{8}$/.test(hex)) return null;
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
