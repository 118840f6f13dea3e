import type { Moment } from './moment.ts';

/** Text with instants in it, which are shown as `<time>`. */
export type Sentence = (string | Moment)[];

/** Joins text and instants: ``sentence`It stops on ${moment}.` ``; a string in a gap stays text. */
export function sentence(texts: TemplateStringsArray, ...gaps: (string | Moment)[]): Sentence {
  return texts.flatMap((text, index) => {
    const gap = gaps[index];
    return gap === undefined ? [text] : [text, gap];
  });
}

/** The sentence as a reader hears it. */
export function plainText(parts: Sentence): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.absolute)).join('');
}
