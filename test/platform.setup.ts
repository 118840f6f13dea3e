import type { TestProject } from 'vitest/node';
import type { PartName } from '#platform/part.ts';
import { type Platform, type PlatformOptions, startPlatform } from '#platform/start.ts';
import type { Lane } from './lane.ts';
import { onSharedEngines, prepareSharedEngines, TEST_PACE } from './shared-engines.ts';
import { discardPlatform, makeStateFolder, sweepAbandonedPlatforms } from './throwaway-platform.ts';

interface OpenLane extends Lane {
  platform: Platform;
  /** Adds what only the tests in a browser need; once. */
  pages?: Promise<void>;
}

/** The first lane has the engines that all others live on. */
interface Lanes {
  opened: Promise<OpenLane>[];
  users: number;
}

/** Each project loads this module anew, and they run in one process: lanes are shared through the global object. */
const shelf = globalThis as { leaseholdTestLanes?: Lanes };

/**
 * Starts a platform for each test file that may run at a time, each with a state folder and free ports of its own, for all projects
 * that ask, and stops them after the last. The project `e2e` adds web and the demo customer. An engine that can't be had fails the
 * run: nothing is skipped.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shelf.leaseholdTestLanes ??= { opened: [], users: 0 };
  const lanes = shelf.leaseholdTestLanes;
  lanes.users += 1;
  const opened = await open(lanes, project.config.maxWorkers);
  if (project.name === 'e2e') {
    // One after the other: the first may have to build.
    for (const lane of opened) {
      lane.pages ??= addPages(lane);
      await lane.pages;
    }
  }
  project.provide(
    'lanes',
    opened.map(({ env, stateDir }) => ({ env, stateDir })),
  );

  return async () => {
    lanes.users -= 1;
    if (lanes.users > 0) return;
    delete shelf.leaseholdTestLanes;
    const [first, ...others] = await Promise.all(lanes.opened);
    await Promise.all(others.map(({ platform, stateDir }) => discardPlatform(platform, stateDir)));
    if (first) await discardPlatform(first.platform, first.stateDir);
  };
}

async function open({ opened }: Lanes, count: number): Promise<OpenLane[]> {
  opened[0] ??= openFirst();
  const { env } = await opened[0];
  for (let number = 2; number <= count; number += 1) opened[number - 1] ??= openBeside(env, number);
  return Promise.all(opened.slice(0, count));
}

async function openFirst(): Promise<OpenLane> {
  await sweepAbandonedPlatforms();
  const first = await openLane(1, {});
  await prepareSharedEngines(first.env);
  return first;
}

async function openBeside(engines: Record<string, string>, number: number): Promise<OpenLane> {
  return openLane(number, await onSharedEngines(engines), ['temporal-ui']);
}

async function openLane(
  number: number,
  { given, extraEnv }: Pick<PlatformOptions, 'given' | 'extraEnv'>,
  without: PartName[] = [],
): Promise<OpenLane> {
  const stateDir = makeStateFolder();
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', ...without],
    ...(given ? { given } : {}),
    extraEnv: {
      ...extraEnv,
      ...TEST_PACE,
      // The workspaces of two lanes never meet.
      LEASEHOLD_SUBNET_POOL: `10.${170 + number}.0.0/16`,
    },
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  return { stateDir, platform, env: platform.env };
}

async function addPages({ platform }: OpenLane): Promise<void> {
  await platform.startPart('web');
  await platform.startPart('demo');
}
