import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PartStatus } from '#platform/part.ts';

const BIN = new URL('../bin/leasehold', import.meta.url).pathname;
/** Named in the table. */
const SLOWEST = 4;

export interface StartBenchOptions {
  /** Starts on a state folder that is there already. */
  rounds: number;
  /** Moves all ports, so that what runs here is not in the way. */
  portOffset: number;
  json?: boolean;
}

interface StartFigures {
  /** On an empty state folder, or on one that an earlier start has filled. */
  state: 'empty' | 'warm';
  seconds: number;
  /** Milliseconds by part. */
  parts: Record<string, number>;
}

/**
 * Times `leasehold up` from the call until every part is there, as people start it: once on an empty state folder, then on the same one. What
 * a checkout builds once (Temporal, the web UI) is not part of it when it is there already.
 */
export async function benchStart({ rounds, portOffset, json }: StartBenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  // Lets PostgreSQL's user through to its data.
  chmodSync(folder, 0o711);
  const env = { ...process.env, LEASEHOLD_STATE: join(folder, 'state'), LEASEHOLD_PORT_OFFSET: String(portOffset) };
  const leasehold = (...args: string[]) => promisify(execFile)(BIN, args, { env });
  const figures: StartFigures[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const began = performance.now();
      await leasehold('up', '--detach');
      const seconds = (performance.now() - began) / 1000;
      const { parts } = JSON.parse((await leasehold('status', '--json')).stdout) as { parts: PartStatus[] };
      await leasehold('down');
      figures.push({
        state: round === 0 ? 'empty' : 'warm',
        seconds,
        parts: Object.fromEntries(parts.map(({ name, tookMs = 0 }) => [name, tookMs])),
      });
      process.stderr.write(`${figures.at(-1)?.state}: ${seconds.toFixed(1)} s\n`);
    }
  } finally {
    await leasehold('down').catch(() => undefined);
    await leasehold('reset', '--yes').catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures));
}

function table(figures: readonly StartFigures[]): string {
  const rows = figures.map(({ state, seconds, parts }) => {
    const slowest = Object.entries(parts)
      .sort(([, a], [, b]) => b - a)
      .slice(0, SLOWEST)
      .map(([name, ms]) => `${name} ${(ms / 1000).toFixed(1)}`);
    return `| ${state.padEnd(5)} | ${seconds.toFixed(1).padStart(7)} | ${slowest.join(', ')} |`;
  });
  return `${['| state | seconds | slowest parts |', '| ----- | ------: | ------------- |', ...rows].join('\n')}\n`;
}
