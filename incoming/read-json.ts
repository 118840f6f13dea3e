import { type AnswerLimit, SIZE_LIMITS } from '#domain/size-limits.ts';
import { AnswerRefused } from './answer-refused.ts';
import { readBounded } from './read-bounded.ts';

/**
 * The value in a body of JSON.
 *
 * @param deepest levels of arrays and objects; default 200
 * @throws AnswerRefused `malformed` for what is no JSON in UTF-8, `too-deep`
 */
export function parseJson(body: Uint8Array, deepest: number = SIZE_LIMITS.workspace.deepestJson): unknown {
  if (depthOf(body) > deepest)
    throw new AnswerRefused('too-deep', `The answer has more than ${deepest} levels of arrays and objects.`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new AnswerRefused('malformed', 'The answer is no JSON.', { cause: error });
  }
}

/**
 * The JSON of an answer of `fetch`, read to a limit and in a time.
 *
 * @throws AnswerRefused
 */
export async function readJson(response: Response, limit: AnswerLimit): Promise<unknown> {
  return parseJson(await readBounded(response.body, limit));
}

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\[]{}'].map((each) =>
  each.charCodeAt(0),
);

/** Levels of brackets outside texts. All of JSON's own characters are one byte in UTF-8. */
function depthOf(body: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return deepest;
}
