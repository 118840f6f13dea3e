import type { Sentence } from '../format/sentence.ts';

/** A sentence with its instants as `<time>`, each never broken across lines where there is room. */
export function Prose({ parts }: { parts: Sentence }) {
  return parts.map((part) =>
    typeof part === 'string' ? (
      part
    ) : (
      <time key={part.iso} dateTime={part.iso} className="font-semibold sm:whitespace-nowrap">
        {part.absolute}
      </time>
    ),
  );
}
