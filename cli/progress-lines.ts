import type { WriteStream } from 'node:tty';
import type { PartState, PartStatus } from '#platform/part.ts';

/** Without a terminal, how often a long step says that it goes on. */
const QUIET_MS = 30_000;
const NAME_WIDTH = 16;
const MARKS: Partial<Record<PartState, string>> = {
  running: '✓',
  done: '✓',
  external: '→',
  stopped: '■',
  restarting: '↻',
  failing: '↻',
  failed: '✗',
};

export interface ProgressLines {
  /** Takes each change of a part: a line when it matters, else the passing line at the bottom. */
  part(status: PartStatus): void;
  /** A sentence of its own. */
  say(sentence: string): void;
  /** Leaves no passing line behind. */
  end(): void;
}

/**
 * Progress for people. On a terminal the parts that are being started share one passing line; elsewhere a long step
 * says so every 30 s.
 */
export function createProgressLines(out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>): ProgressLines {
  const starting = new Map<string, string>();
  const settled = new Map<string, string>();
  const lastSaid = new Map<string, number>();

  const clear = () => (out.isTTY ? '\r\x1b[2K' : '');
  const passing = () => {
    if (!out.isTTY || starting.size === 0) return '';
    const text = [...starting].map(([name, detail]) => (detail ? `${name}: ${detail}` : name)).join(' · ');
    return `… ${text}`.slice(0, (out.columns || 80) - 1);
  };
  const say = (sentence: string) => out.write(`${clear()}${sentence}\n${passing()}`);

  return {
    say,
    end: () => {
      starting.clear();
      out.write(clear());
    },
    part({ name, state, detail = '', tookMs, restarts }) {
      const mark = MARKS[state];
      if (mark === undefined) {
        if (state !== 'starting') return;
        starting.set(name, detail);
        settled.delete(name);
        if (out.isTTY) out.write(`${clear()}${passing()}`);
        else if (detail && performance.now() - (lastSaid.get(name) ?? Number.NEGATIVE_INFINITY) > QUIET_MS) {
          lastSaid.set(name, performance.now());
          say(`… ${name.padEnd(NAME_WIDTH)} ${detail}`);
        }
        return;
      }
      const key = `${state} ${restarts}`;
      if (settled.get(name) === key) return;
      settled.set(name, key);
      starting.delete(name);
      const took =
        (state === 'running' || state === 'done') && tookMs !== undefined ? `  ${(tookMs / 1000).toFixed(1)} s` : '';
      const note = state === 'restarting' || state === 'failing' ? `${detail}; starting it again` : detail;
      say(`${mark} ${name.padEnd(NAME_WIDTH)} ${note.split('\n')[0]}${took}`);
    },
  };
}
