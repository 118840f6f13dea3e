const REPLACEMENT = '\ufffd';
/** PostgreSQL's text and jsonb know neither. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding it is what this is for.
const UNSTORABLE = /\u0000|\p{Surrogate}/gu;

/** A text that PostgreSQL would refuse, and where it stood. */
export interface ReplacedText {
  /** Path in what was to be stored, such as `state.workspaces.0.name`. */
  path: string;
  text: string;
}

/**
 * The same value with what PostgreSQL's texts can't hold (NUL, half characters) replaced by U+FFFD, keys included.
 *
 * @returns also what was replaced
 */
export function storable<Value>(value: Value): { value: Value; replaced: ReplacedText[] } {
  const replaced: ReplacedText[] = [];
  const clean = (each: unknown, path: string): unknown => {
    if (typeof each === 'string') {
      const text = each.replace(UNSTORABLE, REPLACEMENT);
      if (text !== each) replaced.push({ path, text: each });
      return text;
    }
    if (Array.isArray(each)) return each.map((item, index) => clean(item, `${path}.${index}`));
    if (typeof each !== 'object' || each === null) return each;
    const entries = Object.entries(each).map(([key, item]) => {
      const name = clean(key, `${path} (a key)`) as string;
      return [name, clean(item, `${path}.${name}`)];
    });
    return Object.fromEntries(entries);
  };
  const cleaned = Object.entries(value as object).map(([key, item]) => [key, clean(item, key)]);
  return { value: Object.fromEntries(cleaned) as Value, replaced };
}
