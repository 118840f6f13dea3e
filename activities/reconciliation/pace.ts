import { sleep } from '@temporalio/activity';

/** Waits for its turn, so that so many turns come in a second at most. Rejects when the activity is cancelled. */
export type Pace = () => Promise<void>;

/** One pace for all activities of a process: two walks at once share it. */
export function createPace(perSecond: number): Pace {
  const apartMs = 1_000 / perSecond;
  let nextAt = 0;
  return async () => {
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + apartMs;
    await sleep(Math.max(0, at - now));
  };
}
