import { join } from 'node:path';
import type { Part, PartContext, PartName, RunningPart } from '../part.ts';
import { answersOk, waitUntilReady } from '../ready.ts';
import { ensureWebBuild } from './web-build.ts';

/** The stand-in for Stripe. */
export const simulator: Part = {
  name: 'simulator',
  needs: [],
  givenBy: 'STRIPE_SECRET_KEY',
  start: (context) =>
    startProduct(context, {
      what: 'The Stripe simulator',
      file: 'stripe-simulator/main.ts',
      readyUrl: `http://127.0.0.1:${context.ports.simulator}/_sim/health`,
    }),
};

export const worker = product('worker', ['temporal', 'docker', 'workspace-image', 'migrations'], {
  what: 'The worker',
  file: 'worker/main.ts',
  readyUrl: ({ ports }) => `http://127.0.0.1:${ports.worker}/ready`,
});

/** Its `/health`: `/ready` also speaks for other parts, which may be down while the API is to be started. */
export const api = product('api', ['temporal', 'migrations'], {
  what: 'The API',
  file: 'api/main.ts',
  readyUrl: ({ ports }) => `http://127.0.0.1:${ports.api}/health`,
});

/** The web UI, built first when its build is older than its sources. */
export const web: Part = {
  name: 'web',
  needs: [],
  async start(context) {
    await ensureWebBuild(context);
    return startProduct(context, {
      what: 'The web server',
      file: 'web/server.ts',
      readyUrl: `http://127.0.0.1:${context.ports.web}/healthz`,
      env: { NODE_ENV: 'production' },
    });
  },
};

interface ProductProcess {
  what: string;
  file: string;
  readyUrl: string;
  env?: Record<string, string>;
}

function product(
  name: PartName,
  needs: PartName[],
  { what, file, readyUrl }: { what: string; file: string; readyUrl: (context: PartContext) => string },
): Part {
  return { name, needs, start: (context) => startProduct(context, { what, file, readyUrl: readyUrl(context) }) };
}

async function startProduct(context: PartContext, { what, file, readyUrl, env }: ProductProcess): Promise<RunningPart> {
  const child = await context.spawn({
    command: process.execPath,
    args: ['--import', 'tsx', join(context.root, file)],
    cwd: context.root,
    env: { ...inheritedEnv(), ...context.env, ...env },
    stopTimeoutMs: 20_000,
  });
  await waitUntilReady(child, what, () => answersOk(readyUrl));
  context.describe(new URL(readyUrl).origin);
  return child;
}

/** Our own environment without what a test runner leaves in it: the processes run as they do for everybody. */
function inheritedEnv(): Record<string, string | undefined> {
  const { NODE_ENV, ...rest } = process.env;
  const inherited = Object.entries(rest).filter(([name]) => !name.startsWith('VITEST'));
  return { ...Object.fromEntries(inherited), ...(NODE_ENV === 'test' || NODE_ENV === undefined ? {} : { NODE_ENV }) };
}
