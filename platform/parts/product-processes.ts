import type { Part, PartContext, PartName, RunningPart } from '../part.ts';
import { buildProgram, type ProgramName } from '../programs.ts';
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
      program: 'simulator',
      readyUrl: `http://127.0.0.1:${context.ports.simulator}/_sim/health`,
    }),
};

export const worker = product('worker', ['temporal', 'docker', 'workspace-image', 'migrations'], {
  what: 'The worker',
  readyUrl: ({ ports }) => `http://127.0.0.1:${ports.worker}/ready`,
  aliveUrl: ({ ports }) => `http://127.0.0.1:${ports.worker}/health`,
});

/** Its `/health`: `/ready` also speaks for other parts, which may be down while the API is to be started. */
export const api = product('api', ['temporal', 'migrations'], {
  what: 'The API',
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
      program: 'web',
      readyUrl: `http://127.0.0.1:${context.ports.web}/healthz`,
      env: { NODE_ENV: 'production' },
    });
  },
};

interface ProductProcess {
  what: string;
  program: ProgramName;
  readyUrl: string;
  /** Answers 200 as long as it lives. Default: `readyUrl` does. */
  aliveUrl?: string | undefined;
  env?: Record<string, string>;
}

function product(
  name: PartName & ProgramName,
  needs: PartName[],
  {
    what,
    readyUrl,
    aliveUrl,
  }: {
    what: string;
    readyUrl: (context: PartContext) => string;
    aliveUrl?: (context: PartContext) => string;
  },
): Part {
  return {
    name,
    needs,
    start: (context) =>
      startProduct(context, { what, program: name, readyUrl: readyUrl(context), aliveUrl: aliveUrl?.(context) }),
  };
}

async function startProduct(
  context: PartContext,
  { what, program, readyUrl, aliveUrl, env }: ProductProcess,
): Promise<RunningPart> {
  const child = await context.spawn({
    command: process.execPath,
    args: await buildProgram(program),
    cwd: context.root,
    env: { ...inheritedEnv(), ...context.env, ...env },
    stopTimeoutMs: 20_000,
  });
  const isAlive = aliveUrl !== undefined && context.again ? () => answersOk(aliveUrl) : undefined;
  await waitUntilReady(child, what, () => answersOk(readyUrl), { isAlive });
  context.describe(new URL(readyUrl).origin);
  return child;
}

/** Our own environment without what a test runner leaves in it: the processes run as they do for everybody. */
function inheritedEnv(): Record<string, string | undefined> {
  const { NODE_ENV, ...rest } = process.env;
  const inherited = Object.entries(rest).filter(([name]) => !name.startsWith('VITEST'));
  return { ...Object.fromEntries(inherited), ...(NODE_ENV === 'test' || NODE_ENV === undefined ? {} : { NODE_ENV }) };
}
