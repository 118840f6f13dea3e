import type { SeededRandom } from '#test/scenarios/seeded-random.ts';
import { hostileText, hostileValue, pick } from './hostile-text.ts';

type Path = (string | number)[];

/** A value with one place changed: another text, another kind, a part missing, too much or twice. */
export function wound(random: SeededRandom, value: unknown): unknown {
  const places = placesIn(value);
  if (places.length === 0 || random.chance(0.05)) return hostileValue(random);
  const place = pick(random, places);
  const copy = structuredClone(value);
  const holder = place.slice(0, -1).reduce<unknown>((at, key) => Reflect.get(Object(at), key), copy) as object;
  const key = place.at(-1) as string;
  const way = random.next();
  if (way < 0.4) put(holder, key, hostileText(random));
  else if (way < 0.75) put(holder, key, hostileValue(random));
  else if (way < 0.85) Reflect.deleteProperty(holder, key);
  else
    put(
      holder,
      pick(random, ['__proto__', 'constructor', 'unknown', hostileText(random).slice(0, 300)]),
      hostileValue(random),
    );
  return copy;
}

/** As an own property: `__proto__` is one like others in JSON. */
function put(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The ways to every part of a value. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return path.length > 0 ? [path] : [];
  const inside = Object.entries(value).flatMap(([key, each]) => placesIn(each, [...path, key]));
  return path.length > 0 ? [path, ...inside] : inside;
}

export interface HostileBody {
  bytes: Uint8Array | null;
  contentType: string | null;
  /** What was sent when it is lawful, for looking at what became of it. */
  lawful: unknown;
}

const TYPES = [
  null,
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/xml',
  'application/jsonp',
  'application/problem+json',
  '',
  'json',
];

/** The bytes of a request's body: of a lawful value, of one with wounds, or of what is no JSON. */
export function hostileBody(random: SeededRandom, lawful: unknown): HostileBody {
  const json = 'application/json';
  const way = random.next();
  if (way < 0.15) return { bytes: utf8(JSON.stringify(lawful)), contentType: json, lawful };
  let value = wound(random, lawful);
  while (random.chance(0.2)) value = wound(random, value);
  const text = JSON.stringify(value) ?? '';
  const body = (bytes: Uint8Array | null, contentType: string | null = json) => ({
    bytes,
    contentType,
    lawful: undefined,
  });
  if (way < 0.75) return body(utf8(text));
  if (way < 0.82) return body(utf8(text), pick(random, TYPES));
  return body(pick(random, BROKEN)(text, random));
}

const BROKEN: readonly ((text: string, random: SeededRandom) => Uint8Array | null)[] = [
  () => null,
  () => new Uint8Array(0),
  (text, random) => utf8(text.slice(0, random.between(0, text.length))),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.from(text, 'latin1'),
  (text) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), utf8(text)]),
  (text) => Buffer.concat([utf8(text), Buffer.from([0])]),
  () => Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22]),
  () => Buffer.from([0x22, 0xc0, 0x80, 0x22]),
  () => Buffer.alloc(2_000_000, 0x61),
  () => utf8(`{"name":"${'a'.repeat(255_000)}"}`),
  (_, random) => utf8('['.repeat(random.between(65, 200_000))),
  (_, random) => {
    const depth = random.between(65, 30_000);
    return utf8(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  },
  (text) => utf8(text.replace(/^\{/, '{"name":"a\\u0000b",')),
  (text) => utf8(text.replace(/^\{/, '{"\\u0000":1,')),
  (text) => utf8(text.replace(/^\{/, '{"a":"\\ud83d",')),
  (text) => utf8(text.replace(/:(-?\d+)/, ':1e999')),
  (text) => utf8(text.replace(/:(-?\d+)/, ':-99999999999999999999999999')),
  (text) => utf8(text.replace(/^\{(.+)\}$/s, '{$1,$1}')),
  () => utf8('"a text"'),
  () => utf8('null'),
  () => utf8('[]'),
  () => utf8('NaN'),
  () => utf8("{'a':1}"),
];

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
