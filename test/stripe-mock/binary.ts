import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runGo } from '#platform/parts/go.ts';
import { cacheFolder, installedGo } from '#platform/parts/temporal-binaries.ts';
import { STRIPE_MOCK } from '#stripe-simulator/conformance/stripe-document.ts';

const BUILDING = '.building-';
const POLL_MS = 250;

/**
 * Stripe's own stand-in, the official stripe-mock: from the cache folder, else built there with Go. A build that another
 * process has begun is waited for; one that is interrupted leaves nothing that looks finished.
 *
 * @param signal ends a build
 * @throws Error without Go, or when the build fails
 */
export async function ensureStripeMock(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const goVersion = await installedGo(env);
  if (goVersion === null)
    throw new Error('stripe-mock is built with Go, and there is no "go" on the PATH: install Go.');
  const { module, version } = STRIPE_MOCK;
  const cache = cacheFolder(env);
  const name = `stripe-mock-${version}_${process.platform}-${process.arch}_${goVersion}`;
  const folder = join(cache, name);
  const binary = join(folder, 'stripe-mock');
  while (isBeingBuilt(cache, `${name}${BUILDING}`)) await delay(POLL_MS, undefined, signal ? { signal } : {});
  if (existsSync(binary)) return binary;
  const partial = `${folder}${BUILDING}${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const buildEnv = { ...env, GOBIN: partial, CGO_ENABLED: '0', GOWORK: 'off' };
    const { status, output } = await runGo(['install', '-ldflags=-s -w', `${module}@${version}`], buildEnv, signal);
    if (status !== 0) throw new Error(`stripe-mock could not be built: ${output}`);
    // Another one may have been quicker.
    if (!existsSync(folder)) renameSync(partial, folder);
    return binary;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Whether a process that lives is at it: the name of its folder ends in its id. */
function isBeingBuilt(cache: string, prefix: string): boolean {
  const folders = existsSync(cache) ? readdirSync(cache).filter((each) => each.startsWith(prefix)) : [];
  return folders.some((each) => {
    try {
      return process.kill(Number(each.slice(prefix.length)), 0);
    } catch {
      return false;
    }
  });
}
