import { expect, test } from 'vitest';
import { bodyFault, DEEPEST } from './body-fault.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

test.each([
  ['a NUL', '{"name":"a\\u0000b"}', 'encoding', 'json.name has a NUL'],
  ['a NUL as it is', '{"name":"a\u0000b"}', 'shape', 'not JSON'],
  ['half an emoji', '{"a":[{"b":"\\ud83d"}]}', 'encoding', 'json.a.0.b has'],
  ['the other half', '"\\ude00"', 'encoding', 'json has'],
  ['a NUL in a name', '{"a":{"b\\u0000":1}}', 'encoding', 'A name in json.a has'],
  ['a NUL below __proto__', '{"__proto__":{"a":"\\u0000"}}', 'encoding', 'json.__proto__.a has'],
  ['a number out of range', '{"size":{"memoryMb":1e999}}', 'shape', 'json.size.memoryMb is a number out of range'],
  ['half a body', '{"name":', 'shape', 'not JSON'],
  ['one level too many', nested(DEEPEST + 1), 'shape', `more than ${DEEPEST} deep`],
  ['100,000 levels, never closed', '[{"a":'.repeat(50_000), 'shape', 'deep'],
  ['a long name', `{"${'a'.repeat(50_000)}":"\\u0000"}`, 'encoding', 'a…'],
])('a body with %s is refused, and it is said what is wrong', (_, text, reason, detail) => {
  const fault = bodyFault(bytes(text));
  expect(fault).toMatchObject({ reason, detail: expect.stringContaining(detail) });
  expect(fault?.detail.length).toBeLessThan(300);
});

test.each([
  ['Latin-1', Buffer.from('{"name":"Zoë"}', 'latin1')],
  ['UTF-16', Buffer.from('{"name":"Zoë"}', 'utf16le')],
  ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0xbd, 0x22])],
  ['an overlong NUL', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
])('%s is refused', (_, body) => {
  expect(bodyFault(body)).not.toBeNull();
});

test.each([
  ['brackets in a text', `{"a":"${'[{'.repeat(200)}"}`],
  ['an escaped quote before brackets', `{"a":"\\"${'['.repeat(200)}"}`],
  ['as deep as is allowed', nested(DEEPEST)],
  ['a whole emoji, escaped', '{"a":"\\ud83d\\ude00"}'],
  ['a byte order mark before it', '\ufeff{}'],
  ['the same name twice', '{"a":1,"a":2}'],
  ['names that every object has', '{"__proto__":{"a":1},"constructor":1,"toString":null}'],
])('a body with %s is read', (_, text) => {
  expect(bodyFault(bytes(text))).toBeNull();
});
