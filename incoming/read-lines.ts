import { AnswerRefused } from './answer-refused.ts';

/**
 * The lines of a text that goes on, without their ends; what follows the last end is given when the text is over. Nothing is read
 * ahead of who takes the lines.
 *
 * @param longestBytes of one line, in characters or bytes, whichever `chunks` has
 * @throws AnswerRefused `too-large` for a longer one
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array | string>,
  longestBytes: number,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestBytes)
      throw new AnswerRefused('too-large', `A line has more than ${longestBytes} characters.`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}
