import type { Logger } from '#telemetry/logger.ts';
import type { FindTroubles } from './find-troubles.ts';
import { MOST_LISTED, type Trouble, type TroubleKind, type Troubles } from './trouble.ts';

export interface AccountWatch {
  /** What the newest look found, or `null` before the first. */
  newest(): Troubles | null;
  /** Ends the looks and waits for the one that is under way. */
  stop(): Promise<void>;
}

/**
 * Looks for accounts in trouble at intervals, and logs each trouble twice: when it is noticed, and when it is over. Several
 * workers may do so at once; each logs what it sees.
 *
 * @param everyMs time between two looks. Default 15,000
 */
export function watchAccounts(deps: { findTroubles: FindTroubles; log: Logger }, everyMs = 15_000): AccountWatch {
  const { findTroubles, log } = deps;
  const known = new Map<string, Trouble>();
  let newest: Troubles | null = null;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = look();

  async function look(): Promise<void> {
    try {
      newest = await findTroubles();
      tell(newest);
    } catch (error) {
      log.error({ err: error }, 'accounts could not be looked at for trouble');
    }
    if (!stopped)
      timer = setTimeout(() => {
        looking = look();
      }, everyMs);
  }

  function tell({ found, counts }: Troubles): void {
    const present = new Set(found.map(keyOf));
    for (const trouble of found) {
      if (!known.has(keyOf(trouble))) log.error({ ...trouble }, 'an account is in trouble');
      known.set(keyOf(trouble), trouble);
    }
    for (const [key, { kind, accountId, about }] of known) {
      if (present.has(key) || !isListedWhole(counts, kind)) continue;
      known.delete(key);
      log.info({ kind, accountId, about }, 'the trouble of an account is over');
    }
  }

  return {
    newest: () => newest,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

function keyOf({ kind, about }: Trouble): string {
  return `${kind} ${about}`;
}

/** What is not listed is over only when all were listed. */
function isListedWhole(counts: Troubles['counts'], kind: TroubleKind): boolean {
  const count = counts[kind];
  return count !== null && count <= MOST_LISTED;
}
