import { describe, expect, test } from 'vitest';
import fc from '#test/fast-check.ts';
import { isStorable, normalText, TEXT_RULES, type TextKind, textFault } from './text-rules.ts';

const kinds = Object.keys(TEXT_RULES) as TextKind[];

describe('texts that are refused, each for its reason', () => {
  test.each([
    ['a NUL', 'a\u0000b', 'control characters'],
    ['an escape', 'a\u001b[31mb', 'control characters'],
    ['a C1 control', 'a\u0085b', 'control characters'],
    ['half an emoji', 'a\ud83d', 'half a character'],
    ['the other half', '\ude00a', 'half a character'],
    ['a line break', 'Bcc: all\r\nx', 'one line'],
    ['a line separator', 'a\u2028b', 'one line'],
    ['a bidi override', 'gpj.\u202egnp', 'direction of writing'],
    ['an isolate', 'a\u2066b', 'direction of writing'],
    ['a byte order mark', 'a\ufeffb', 'not for text'],
    ['a noncharacter', 'a\uffff', 'not for text'],
    ['a tag', 'a\u{e0041}', 'not for text'],
    ['nothing', '', 'empty'],
    ['blanks', '  \u3000 ', 'empty'],
    ['what is never seen', '\u200b\u200b', 'be seen'],
    ['a heap of marks', `a${'\u0301'.repeat(40)}`, 'marks'],
    ['65 letters', 'a'.repeat(65), '64 characters'],
    ['2 MB', 'a'.repeat(2_000_000), '64 characters'],
    ['a number', 4711, 'must be a text'],
    ['null', null, 'must be a text'],
  ])('%s', (_, text, reason) => {
    expect(textFault('workspaceName', text)).toContain(reason);
  });
});

test.each([
  'staging',
  'Zoë',
  'Zoe\u0308',
  '日本語の仕事場',
  'مساحة العمل',
  '👩‍💻 dev',
  'a'.repeat(64),
  '😀'.repeat(64),
])('%s is a name', (name) => {
  expect(textFault('workspaceName', name)).toBeNull();
});

test.each([
  'Pay now at http://evil.test',
  'HTTPS://evil.test',
  'www.evil.test',
  'ｗｗｗ．evil.test',
  'evil.test/login',
  'evil.test:8080',
])('no name of a person or an organisation is %s: it stands in mails that we send', (name) => {
  for (const kind of ['personName', 'organisationName'] as const) expect(textFault(kind, name)).toContain('link');
  expect(textFault('reason', name)).toBeNull();
});

test.each(['Dr. Ada Lovelace', 'J.R.R. Tolkien', 'Booking.com', 'A/B Testing Ltd.', 'Ada (née Byron)', 'Yahoo! Inc'])(
  '%s is a name of a person or an organisation',
  (name) => {
    for (const kind of ['personName', 'organisationName'] as const) expect(textFault(kind, name)).toBeNull();
  },
);

test('a reason may have paragraphs', () => {
  expect(textFault('reason', 'We are looking into it.\n\n\tSoon.')).toBeNull();
});

test('a text and its decomposed form are stored alike', () => {
  expect(normalText(' Zoe\u0308 ')).toBe('Zoë');
});

test('what is accepted can be stored, survives JSON and is accepted as it is stored', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...kinds), anyText, (kind, text) => {
      if (textFault(kind, text) !== null) return;
      const stored = normalText(text);
      expect(isStorable(stored)).toBe(true);
      expect(JSON.parse(JSON.stringify(stored))).toBe(stored);
      expect(Buffer.from(stored, 'utf8').toString('utf8')).toBe(stored);
      expect(textFault(kind, stored)).toBeNull();
    }),
  );
});
