import { StaleGeneration } from './workspace-failure.ts';

interface Waiting {
  generation: number;
  start: () => void;
  giveUp: (error: Error) => void;
}

interface Lane {
  newest: number;
  busy: boolean;
  waiting: Waiting[];
}

export interface LatestWins {
  /**
   * Runs `work` when nothing else runs for `key`. A call older than the newest one for its key throws
   * `StaleGeneration` at once, also while it waits. `newest` tells `work` the newest generation that has
   * come by now.
   */
  run<T>(key: string, generation: number, work: (newest: () => number) => Promise<T>): Promise<T>;
}

/** One lane for each key, in this process. A lane is forgotten when it is idle: the stored generation remembers. */
export function createLatestWins(): LatestWins {
  const lanes = new Map<string, Lane>();

  return {
    async run(key, generation, work) {
      const lane = lanes.get(key) ?? { newest: generation, busy: false, waiting: [] };
      lanes.set(key, lane);
      if (generation < lane.newest) throw new StaleGeneration(generation, lane.newest);
      lane.newest = generation;
      lane.waiting = lane.waiting.filter((each) => {
        const stays = each.generation >= generation;
        if (!stays) each.giveUp(new StaleGeneration(each.generation, generation));
        return stays;
      });

      if (lane.busy) {
        await new Promise<void>((start, giveUp) => lane.waiting.push({ generation, start, giveUp }));
      }
      lane.busy = true;
      try {
        return await work(() => lane.newest);
      } finally {
        const next = lane.waiting.shift();
        // The lane stays busy when it is handed on, so that nobody can slip in between.
        if (next) next.start();
        else lanes.delete(key);
      }
    },
  };
}
