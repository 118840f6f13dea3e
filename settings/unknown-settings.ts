import { MEANINGS } from './meanings.ts';

/** A known name at most so many letters away is taken for what was meant. */
const FARTHEST = 4;

export interface UnknownSetting {
  name: string;
  /** The known name that is most like it; absent when none is. */
  nearest?: string;
}

/** The variables named `LEASEHOLD_…` that nothing reads, with what was probably meant. */
export function unknownSettings(env: Record<string, string | undefined>): UnknownSetting[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('LEASEHOLD_') && !(name in MEANINGS))
    .sort()
    .map((name) => {
      const nearest = nearestName(name);
      return nearest === undefined ? { name } : { name, nearest };
    });
}

/** One sentence for people about a variable that nothing reads. */
export function describeUnknown({ name, nearest }: UnknownSetting): string {
  return `${name} is no setting and has no effect${nearest ? `: did you mean ${nearest}?` : '; "bin/leasehold config" lists all.'}`;
}

function nearestName(name: string): string | undefined {
  const [first] = Object.keys(MEANINGS)
    .map((known) => ({ known, away: distance(name, known) }))
    .filter(({ away }) => away <= FARTHEST)
    .sort((a, b) => a.away - b.away);
  return first?.known;
}

/** How many letters have to be put in, left out, changed or swapped with their neighbour (Damerau and Levenshtein). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? (beforeLast[j - 2] ?? 0) + 1 : change;
      row.push(Math.min(change, swap, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
