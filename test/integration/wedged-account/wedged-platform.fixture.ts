import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type Stripe from 'stripe';
import { createStripe } from '#billing/stripe-client.ts';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import { ensureNamespace } from '#platform/parts/temporal-namespace.ts';
import { startPlatform } from '#platform/start.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { laneNumber, platformEnv } from '#test/lane.ts';
import { onSharedEngines, TEST_PACE } from '#test/shared-engines.ts';
import { discardPlatform, makeStateFolder } from '#test/throwaway-platform.ts';
import { workflowBundle } from '#worker/workflow-bundle.ts';
import { connectTemporal } from '#workflows/connection.ts';

type Version = 'former' | 'throwing' | 'ordinary';

export interface WedgedPlatform {
  handle: PlatformHandle;
  prisma: PrismaClient;
  client: Client;
  stripe: Stripe;
  /** Lets a worker with this version's workflows take the place of the present one. */
  deploy(version: Version): Promise<void>;
  /** Runs `bin/leasehold` for this platform. */
  leasehold(...args: string[]): Promise<{ code: number; output: string }>;
  /** The worker's log, line by line. */
  logged(): Record<string, unknown>[];
  stateDir: string;
  discard(): Promise<void>;
}

/**
 * A platform whose worker runs the workflows that a test chooses, whose mail server does not answer, in a namespace of its own:
 * `wedged-…` has histories that can't be replayed, on purpose.
 */
export async function startWedgedPlatform(): Promise<WedgedPlatform> {
  const stateDir = makeStateFolder();
  const namespace = `wedged-${randomUUID().slice(0, 8)}`;
  const engines = platformEnv();
  const [{ given, extraEnv }, bundles] = await Promise.all([
    onSharedEngines(engines),
    bundlesOf(stateDir),
    ensureNamespace(engines.TEMPORAL_ADDRESS ?? '', namespace),
  ]);
  const running = join(stateDir, 'running-workflows.js');
  copyFileSync(bundles.former, running);
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', 'temporal-ui'],
    // Nothing listens on the port of a mail server there.
    given: { ...given, TEMPORAL_NAMESPACE: namespace, SMTP_URL: 'smtp://127.0.0.1:9' },
    extraEnv: {
      ...extraEnv,
      ...TEST_PACE,
      LEASEHOLD_SUBNET_POOL: `10.${180 + laneNumber()}.0.0/16`,
      LEASEHOLD_WORKFLOW_BUNDLE: running,
    },
    onNotice: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  const handle = await attachPlatform(stateDir);
  if (!handle) throw new Error('The platform that was started is gone.');
  const { env } = platform;
  const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 3 });
  const client = await connectTemporal(env);

  return {
    handle,
    prisma,
    client,
    stripe: createStripe(env.STRIPE_SECRET_KEY ?? '', env.STRIPE_API_BASE),
    stateDir,
    async deploy(version) {
      await handle.stopPart('worker');
      copyFileSync(bundles[version], running);
      await handle.startPart('worker');
    },
    leasehold: (...args) =>
      new Promise((resolve) => {
        execFile(
          'bin/leasehold',
          args,
          { env: { ...process.env, LEASEHOLD_STATE: stateDir } },
          (error, stdout, stderr) => {
            resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` });
          },
        );
      }),
    logged: () =>
      readFileSync(join(stateDir, 'logs', 'worker.log'), 'utf8')
        .split('\n')
        .flatMap((line) => {
          const at = line.indexOf('{"level"');
          return at < 0 ? [] : [JSON.parse(line.slice(at)) as Record<string, unknown>];
        }),
    async discard() {
      await client.connection.close();
      await prisma.$disconnect();
      await discardPlatform(platform, stateDir);
    },
  };
}

/** One after the other: each takes a core for seconds. */
async function bundlesOf(folder: string): Promise<Record<Version, string>> {
  const bundled = async (name: 'former' | 'throwing') => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(import.meta.dirname, `${name}-workflows.ts`),
      logger: new DefaultLogger('WARN'),
    });
    const file = join(folder, `${name}-workflows.js`);
    writeFileSync(file, code);
    return file;
  };
  return { former: await bundled('former'), throwing: await bundled('throwing'), ordinary: await workflowBundle() };
}
