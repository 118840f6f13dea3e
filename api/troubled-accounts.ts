import type { FindTroubles } from '#support/find-troubles.ts';
import { TROUBLE_KINDS, type Troubles } from '#support/trouble.ts';

/** The accounts in trouble. Many callers within a while share one look; it never takes longer than a probe waits. */
export type LookAtAccounts = () => Promise<Troubles>;

const REMEMBERED_MS = 10_000;
/** As long as the parts have to answer. */
const PATIENCE_MS = 1_500;
const UNSEEN: Troubles = {
  found: [],
  counts: Object.fromEntries(TROUBLE_KINDS.map((kind) => [kind, null])) as Troubles['counts'],
};

/** When a look takes long, the one before it is told, or that there was none. */
export function createLookAtAccounts(findTroubles: FindTroubles): LookAtAccounts {
  let asked: { at: number; troubles: Promise<Troubles> } | undefined;
  let newest = UNSEEN;

  return async () => {
    const now = performance.now();
    if (!asked || now - asked.at > REMEMBERED_MS) {
      const troubles = findTroubles().then((found) => {
        newest = found;
        return found;
      });
      asked = { at: now, troubles };
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Troubles>((resolve) => {
      timer = setTimeout(() => resolve(newest), PATIENCE_MS);
    });
    return Promise.race([asked.troubles, late]).finally(() => clearTimeout(timer));
  };
}
