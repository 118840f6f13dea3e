import type { SeededRandom } from '#test/scenarios/seeded-random.ts';

/** One of a list. */
export function pick<T>(random: SeededRandom, all: readonly T[]): T {
  return all[random.between(0, all.length - 1)] as T;
}

const LETTERS = [
  'a',
  'Z',
  '7',
  ' ',
  'é',
  'e\u0301',
  'ß',
  '日',
  '本',
  'ب',
  'ع',
  '😀',
  '👩‍💻',
  '🇨🇭',
  '-',
  "'",
  '&',
  '<b>',
  '%',
  '_',
  '.',
];

/** A name that somebody might have, in many scripts, composed or not; hardly twice the same. */
export function lawfulName(random: SeededRandom): string {
  const letters = Array.from({ length: random.between(1, 20) }, () => pick(random, LETTERS));
  return `n${letters.join('')}${random.between(0, 1_000_000_000).toString(36)}`;
}

type Make = (random: SeededRandom) => string;

/** Texts that broke something somewhere. */
const HOSTILE: readonly Make[] = [
  () => '',
  () => '   ',
  () => '\u0000',
  (random) => `a${'\u0000'.repeat(random.between(1, 5))}b`,
  () => 'a\ud83d',
  () => '\ude00b',
  () => '\ud83d\ud83d\ude00\ude00',
  () => 'gpj.\u202egnp',
  () => '\u2066a\u2069',
  () => '\ufeffa',
  () => 'a\uffff',
  () => '\u{10ffff}\u{e0041}',
  () => 'a\r\nBcc: all@leasehold.test',
  () => 'a\u2028b\u2029c',
  () => '\u001b[2J\u001b]0;x\u0007',
  () => '\u0085\u009f\u007f',
  () => '\u200b\u200d\u2060',
  () => `a${'\u0301'.repeat(500)}`,
  () => '\ufdfa'.repeat(60),
  (random) => 'a'.repeat(random.between(60, 300)),
  () => '😀'.repeat(64),
  () => '😀'.repeat(65),
  () => 'a'.repeat(200_000),
  () => "'; DROP TABLE account; --",
  () => '{{constructor.constructor("return 1")()}}',
  () => '<script>alert(1)</script>',
  () => '../../../../etc/passwd',
  () => '/',
  () => '..',
  () => '%00',
  () => '%ED%A0%BD',
  () => '%zz',
  () => 'http://evil.test/',
  () => '__proto__',
  () => 'constructor',
  () => 'toString',
  () => 'null',
  () => 'undefined',
  () => 'NaN',
  () => '-1',
  () => '1e999',
  () => '0x10',
  () => '9007199254740993',
  () => '99999999999999999999999999',
  () => '0000-00-00T00:00:00Z',
  () => '9999-12-31T23:59:59.999Z',
  () => '+275760-09-13T00:00:00.001Z',
  () => '2026-02-30T00:00:00Z',
  () => 'x@x',
  () => `${'a'.repeat(300)}@leasehold.test`,
  () => '"a b"@leasehold.test',
  () => 'ıİſ',
];

/** A text that is made to break something; now and then a lawful one with a wound. */
export function hostileText(random: SeededRandom): string {
  if (random.chance(0.8)) return pick(random, HOSTILE)(random);
  const name = lawfulName(random);
  const at = random.between(0, name.length);
  // In the middle of an emoji as well.
  return name.slice(0, at) + pick(random, HOSTILE)(random).slice(0, 50) + name.slice(at);
}

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  -0,
  2 ** 31,
  2 ** 53 + 2,
  -(2 ** 63),
  1e308,
  5e-324,
  [],
  {},
  [null],
  [[]],
  ['__proto__'],
  { length: 1e9 },
  { toString: null },
  { constructor: { prototype: { admin: true } } },
  { $ne: null },
  '',
];

/** A value of a wrong kind, or a hostile text. */
export function hostileValue(random: SeededRandom): unknown {
  if (random.chance(0.4)) return hostileText(random);
  if (random.chance(0.1)) return nested(random, random.between(2, 60));
  if (random.chance(0.1)) return Array.from({ length: random.between(2, 300) }, () => hostileText(random).slice(0, 20));
  return pick(random, VALUES);
}

function nested(random: SeededRandom, depth: number): unknown {
  let value: unknown = 1;
  for (let left = depth; left > 0; left -= 1) value = random.chance(0.5) ? [value] : { a: value };
  return value;
}
