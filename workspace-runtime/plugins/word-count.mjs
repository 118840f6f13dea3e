/**
 * Counts the words of a text in any script.
 *
 * @param payload `{text: string}`
 * @returns `{words, characters, lines}`
 */
export default function wordCount(payload) {
  const text = payload?.text;
  if (typeof text !== 'string') throw new Error('Send {"text": "…"}.');
  const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)].filter(
    (part) => part.isWordLike,
  );
  return {
    words: words.length,
    characters: [...text].length,
    lines: text === '' ? 0 : text.split(/\r\n|\r|\n/).length,
  };
}
