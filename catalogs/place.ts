import { type Document, isAlias, isMap, isSeq, type LineCounter, type Node } from 'yaml';

/**
 * The line, from 1, where a field stands in a file: the line of its name. Where the field is missing, the line of what it
 * is missing from.
 */
export function lineOf(document: Document.Parsed, lines: LineCounter, path: PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(key) === String(step));
      if (!pair) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
