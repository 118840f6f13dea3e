/**
 * The rules for every text that comes in: from the web UI, the API, sign-up, Updates and signals, the command line.
 * Each door asks `textFault` and nothing else, so that a text which one door takes is fit for all: PostgreSQL
 * stores it, JSON carries it, a mail's subject and a page show it.
 */

interface TextRule {
  /** Code points after NFC. */
  longest: number;
  /** Whether it may have line breaks and tabs. */
  lines: boolean;
  /** Whether it may have a link. Default: yes. A stranger's name stands in mails that we send. */
  links?: boolean;
}

/** What a text is for. */
export const TEXT_RULES = {
  /** Of a person, as they sign their mails. */
  personName: { longest: 80, lines: false, links: false },
  organisationName: { longest: 80, lines: false, links: false },
  workspaceName: { longest: 64, lines: false },
  keyName: { longest: 80, lines: false },
  /** Why somebody did something; customers read it. */
  reason: { longest: 500, lines: true },
  /** Whatever the sender of a write finds unique. */
  idempotencyKey: { longest: 200, lines: false },
  /** Of an Update: what it is about and the key that it was asked for with. */
  commandId: { longest: 500, lines: false },
  /** Of a thing of ours, or of Stripe's. */
  id: { longest: 200, lines: false },
  /** That it is one, its own check says. RFC 5321 allows no longer path. */
  emailAddress: { longest: 254, lines: false },
  /** That it is one, its own check says. */
  url: { longest: 2_000, lines: false },
  /** What a host says about a workspace. */
  hostText: { longest: 2_000, lines: true },
} as const satisfies Record<string, TextRule>;

export type TextKind = keyof typeof TEXT_RULES;

/** Control characters of C0 and C1 with DEL, except tab, line feed and carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for.
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const LINE_BREAK = /[\t\n\r\u2028\u2029]/;
/** They change the order in which what follows is shown. https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings */
const BIDI_CONTROL = /[\u202a-\u202e\u2066-\u2069]/;
/** Nothing is ever shown for them: noncharacters, interlinear annotations, the byte order mark, tags. */
const NOT_A_CHARACTER = /[\ufdd0-\ufdef\ufff9-\ufffb\ufeff]|[\u{e0000}-\u{e007f}]|\p{Noncharacter_Code_Point}/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** What mail programs make a link of: a scheme, `www.`, a host's name that a path, port or query follows. */
const LINK = /[a-z][a-z\d+.-]*:\/\/|\bwww\.|[\p{L}\p{N}-]\.\p{L}{2,}[/:?#]/iu;
/** Something that can be seen. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;
/** More marks on one letter than any language has: they run over the lines around. */
const HEAPED_MARKS = /\p{M}{9}/u;

/**
 * What is wrong with a text, as the end of a sentence that begins with its name ("must have 64 characters at most"), or `null`.
 * An empty text is a fault.
 */
export function textFault(kind: TextKind, value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a text';
  const { longest, lines, links = true }: TextRule = TEXT_RULES[kind];
  // A text that is far too long is not looked at: NFC and the patterns below cost time.
  if (value.length > longest * 4) return tooLong(longest);
  if (LONE_SURROGATE.test(value))
    return 'has half a character (a lone surrogate), which can be neither stored nor shown';
  if (CONTROL.test(value)) return 'has control characters, which can be neither stored nor shown';
  if (!lines && LINE_BREAK.test(value)) return 'must be one line, without tabs';
  if (BIDI_CONTROL.test(value)) return 'has characters that change the direction of writing';
  if (NOT_A_CHARACTER.test(value)) return 'has characters that are not for text';
  if (HEAPED_MARKS.test(value)) return 'has too many marks on one letter';
  const text = normalText(value);
  if (text === '') return 'must not be empty';
  if (!VISIBLE.test(text)) return 'must have something that can be seen';
  if (codePoints(text) > longest) return tooLong(longest);
  // Full-width letters and the like are links to some programs.
  if (!links && LINK.test(text.normalize('NFKC'))) return 'must not have a link';
  return null;
}

/** A text as it is stored: NFC, without blanks around it. */
export function normalText(value: string): string {
  return value.normalize('NFC').trim();
}

function tooLong(longest: number): string {
  return `must have ${longest} characters at most`;
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Whether PostgreSQL takes a text at all: its text and jsonb know no NUL and no half characters. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}
