import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { startPlatform } from '#platform/start.ts';
import { createPrisma } from '#prisma/client.ts';
import { percentile } from './percentile.ts';
import { dockerodeSide, leaseholdSide, type SideDeps, type WorkspaceSide } from './workspace-sides.ts';

export interface WorkspaceBenchOptions {
  count: number;
  concurrency: number;
  /** How often all are listed and sampled. */
  looks: number;
  json?: boolean;
}

/** Milliseconds. */
interface Times {
  p50: number;
  max: number;
  /** From the first to the last. */
  all: number;
}

export interface SideFigures {
  start: Times;
  list: Times;
  sample: Times;
  stop: Times;
  remove: Times;
}

const STEPS = ['start', 'list', 'sample', 'stop', 'remove'] as const;

/**
 * Starts, lists, samples, stops and removes workspaces on a real engine, ours beside bare dockerode in the same run: the same
 * image and limits, as many at once.
 */
export async function benchWorkspaces(options: WorkspaceBenchOptions): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), 'leasehold-bench-'));
  const note = (line: string) => process.stderr.write(`${line}\n`);
  note('Starting PostgreSQL and the Docker engine …');
  const platform = await startPlatform({
    stateDir,
    parts: ['postgres', 'migrations', 'docker', 'workspace-image'],
    ports: 'free',
    onProgress: ({ name, state, detail }) => note(`  ${name}: ${state}${detail ? `, ${detail}` : ''}`),
  });
  const { DATABASE_URL = '', DOCKER_HOST = '', LEASEHOLD_WORKSPACE_IMAGE: image = '' } = platform.env;
  const prisma = createPrisma(DATABASE_URL, { maxConnections: 4 });
  try {
    const figures = await measureWorkspaces({ docker: createDockerClient(DOCKER_HOST), prisma, image }, options, note);
    process.stdout.write(options.json ? `${JSON.stringify(figures, null, 2)}\n` : table(figures, options));
  } finally {
    await prisma.$disconnect();
    await platform.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Both sides, one after the other, after one workspace of each that only warms up. What was made is gone after it. */
export async function measureWorkspaces(
  deps: SideDeps,
  options: Pick<WorkspaceBenchOptions, 'count' | 'concurrency' | 'looks'>,
  note: (line: string) => void,
): Promise<Record<WorkspaceSide['name'], SideFigures>> {
  const run = Date.now().toString(36);
  const ids = Array.from({ length: options.count }, (_, index) => `bench-${run}-${index}`);
  const warm = `bench-${run}-warm`;
  const ours = await leaseholdSide(deps, [...ids, warm]);
  const raw = await dockerodeSide(deps);
  try {
    for (const side of [raw, ours]) await measure(side, [warm], { ...options, looks: 1 }, () => {});
    return {
      dockerode: await measure(raw, ids, options, note),
      leasehold: await measure(ours, ids, options, note),
    };
  } finally {
    await Promise.all([ours.close(), raw.close()]);
  }
}

async function measure(
  side: WorkspaceSide,
  ids: readonly string[],
  { concurrency, looks }: Pick<WorkspaceBenchOptions, 'concurrency' | 'looks'>,
  note: (line: string) => void,
): Promise<SideFigures> {
  const step = async (
    name: (typeof STEPS)[number],
    work: (id: string) => Promise<unknown>,
    over: readonly string[],
  ) => {
    const isLook = name === 'list' || name === 'sample';
    const times = await timed(over, isLook ? 1 : concurrency, work);
    note(`${side.name}: ${name} ${over.length} in ${seconds(times.all)}`);
    return times;
  };
  const complete = async (look: () => Promise<number>) => {
    const found = await look();
    if (found !== ids.length) throw new Error(`${side.name} found ${found} of ${ids.length} workspaces.`);
  };
  const often = Array.from({ length: looks }, String);
  try {
    return {
      start: await step('start', side.start, ids),
      list: await step('list', () => complete(side.list), often),
      sample: await step('sample', () => complete(side.sample), often),
      stop: await step('stop', side.stop, ids),
      remove: await step('remove', side.remove, ids),
    };
  } catch (error) {
    await Promise.allSettled(ids.map((id) => side.remove(id)));
    throw error;
  }
}

/** Works on all, so many at a time. */
async function timed(
  all: readonly string[],
  concurrency: number,
  work: (each: string) => Promise<unknown>,
): Promise<Times> {
  const waiting = [...all];
  const times: number[] = [];
  const began = performance.now();
  const lane = async () => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      const beganAt = performance.now();
      await work(each);
      times.push(performance.now() - beganAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return { p50: percentile(times, 0.5), max: Math.max(...times), all: performance.now() - began };
}

function table(
  { leasehold, dockerode }: Record<WorkspaceSide['name'], SideFigures>,
  { count, concurrency, looks }: WorkspaceBenchOptions,
): string {
  const cell = (ms: number) => (ms < 10_000 ? `${Math.round(ms)} ms` : seconds(ms)).padStart(12);
  const row = (name: (typeof STEPS)[number], what: string) => {
    const [ours, theirs] = [leasehold[name], dockerode[name]];
    const ratio = (ours.p50 / theirs.p50).toFixed(2);
    return `${what.padEnd(34)}${cell(ours.p50)}${cell(ours.max)}${cell(ours.all)}${cell(theirs.p50)}${cell(theirs.max)}${cell(theirs.all)}${ratio.padStart(8)}`;
  };
  const lines = [
    '',
    `${count} workspaces, ${concurrency} at once; listed and sampled all together, ${looks} times`,
    `${''.padEnd(34)}${'Leasehold'.padStart(36)}${'dockerode'.padStart(36)}${'ratio'.padStart(8)}`,
    `${''.padEnd(34)}${['median', 'longest', 'all'].map((each) => each.padStart(12)).join('')}${['median', 'longest', 'all'].map((each) => each.padStart(12)).join('')}${'(median)'.padStart(9)}`,
    row('start', 'start, until the gateway answers'),
    row('list', 'list all that run'),
    row('sample', 'CPU and memory of all'),
    row('stop', 'stop'),
    row('remove', 'remove, with network and volume'),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
