/** What of this process works: told by `/ready`, from before anything does. */
export interface Standing {
  set(what: string, works: boolean): void;
  /** For each, a check that rejects while it does not work. */
  checks(): Record<string, () => Promise<void>>;
}

/** @param parts what is to work, in the order in which it is told; nothing does at first */
export function createStanding(parts: readonly string[]): Standing {
  const working = new Map(parts.map((part) => [part, false]));
  return {
    set: (what, works) => void working.set(what, works),
    checks: () =>
      Object.fromEntries(
        [...working.keys()].map((what) => [
          what,
          async () => {
            if (!working.get(what)) throw new Error(`${what} does not work yet`);
          },
        ]),
      ),
  };
}
