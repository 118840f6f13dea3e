import { isStorable } from '#domain/text-rules.ts';

/** Deeper than anything that is asked for; what walks a value by calling itself gets by. */
export const DEEPEST = 64;
/** Of the place that is named in a refusal: a key can be as long as the body. */
const LONGEST_PLACE = 100;

/** A body is no JSON at all, or JSON that something behind could not carry. */
export interface BodyFault {
  reason: 'encoding' | 'shape';
  /** A sentence that names what is wrong and where. */
  detail: string;
}

/** What is wrong with a body of JSON, or `null`. Never throws, whatever the bytes are. */
export function bodyFault(bytes: Uint8Array): BodyFault | null {
  const text = asText(bytes);
  if (text === null) return { reason: 'encoding', detail: 'The body is not UTF-8.' };
  if (depthOf(text) > DEEPEST) {
    return { reason: 'shape', detail: `The body is nested more than ${DEEPEST} deep.` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'shape', detail: 'The body is not JSON.' };
  }
  return faultIn(value, 'json');
}

/** The text that the bytes are in UTF-8, or `null`. */
function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** How many arrays and objects lie within each other, told from the text: before anything is made of it. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return deepest;
}

function faultIn(value: unknown, place: string): BodyFault | null {
  if (typeof value === 'string') return isStorable(value) ? null : unstorable(`${shortly(place)} has`);
  if (typeof value === 'number') {
    // JSON can't carry it on: it would become null.
    return Number.isFinite(value) ? null : { reason: 'shape', detail: `${shortly(place)} is a number out of range.` };
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, each] of Object.entries(value)) {
    if (!isStorable(key)) return unstorable(`A name in ${shortly(place)} has`);
    const fault = faultIn(each, `${place}.${key}`);
    if (fault) return fault;
  }
  return null;
}

function unstorable(what: string): BodyFault {
  return {
    reason: 'encoding',
    detail: `${what} a NUL or half a character (a lone surrogate), which can be neither stored nor shown.`,
  };
}

function shortly(place: string): string {
  return place.length <= LONGEST_PLACE ? place : `${place.slice(0, LONGEST_PLACE)}…`;
}
