import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, installedGo } from '#platform/parts/temporal-binaries.ts';
import { STRIPE_MOCK } from '#stripe-simulator/conformance/stripe-document.ts';

/**
 * Stripe's own stand-in, the official stripe-mock: from the cache folder, else built there with Go. A build that is
 * interrupted leaves nothing that looks finished.
 *
 * @param signal ends a build
 * @throws Error without Go, or when the build fails
 */
export async function ensureStripeMock(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const goVersion = await installedGo(env);
  if (goVersion === null)
    throw new Error('stripe-mock is built with Go, and there is no "go" on the PATH: install Go.');
  const { module, version } = STRIPE_MOCK;
  const folder = join(cacheFolder(env), `stripe-mock-${version}_${process.platform}-${process.arch}_${goVersion}`);
  const binary = join(folder, 'stripe-mock');
  if (existsSync(binary)) return binary;
  const partial = `${folder}.building-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    await promisify(execFile)('go', ['install', '-ldflags=-s -w', `${module}@${version}`], {
      env: { ...env, GOBIN: partial, CGO_ENABLED: '0', GOWORK: 'off' },
      ...(signal ? { signal } : {}),
    }).catch(({ message }: Error) => {
      throw new Error(`stripe-mock could not be built: ${message}`);
    });
    // Another one may have been quicker.
    if (!existsSync(folder)) renameSync(partial, folder);
    return binary;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
