/** IPv4 addresses as whole numbers: first and last of a block, both included. */
interface Block {
  first: number;
  last: number;
}

/** 16 addresses: the bridge, one container, and room to spare. */
const PREFIX = 28;
const SIZE = 2 ** (32 - PREFIX);

/**
 * The first free /28 of a pool, or `null` when none is left.
 *
 * @param pool such as `10.201.0.0/16`; throws a `RangeError` when it is no IPv4 block of at least a /28
 * @param taken blocks in use, in CIDR form; what is not IPv4 is passed over
 */
export function freeSubnet(pool: string, taken: Iterable<string>): string | null {
  const space = parse(pool);
  if (!space || space.last - space.first + 1 < SIZE)
    throw new RangeError(`${pool} is no IPv4 block of a /28 or larger.`);
  const blocks = [...taken]
    .map(parse)
    .filter((block) => block !== null)
    .sort((a, b) => a.first - b.first);

  let candidate = space.first;
  for (const block of blocks) {
    if (candidate + SIZE - 1 < block.first) break;
    if (block.last >= candidate) candidate = Math.ceil((block.last + 1) / SIZE) * SIZE;
  }
  return candidate + SIZE - 1 <= space.last ? `${format(candidate)}/${PREFIX}` : null;
}

function parse(cidr: string): Block | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, prefix = 0] = match.slice(1).map(Number);
  if ([a, b, c, d].some((octet) => octet > 255) || prefix > 32) return null;
  const size = 2 ** (32 - prefix);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = Math.floor(address / size) * size;
  return { first, last: first + size - 1 };
}

function format(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
