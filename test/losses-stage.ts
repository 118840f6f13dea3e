import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Stripe from 'stripe';
import { expect } from 'vitest';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import type { PartName } from '#platform/part.ts';
import { type Platform, startPlatform } from '#platform/start.ts';
import type { Stage } from '#stories/stage.ts';
import { until } from '#stories/until.ts';
import { WorkspaceProbe } from '#stories/workspace-probe.ts';
import { grantOverride } from '#workflows/subscription/messages.ts';
import { openOwnedStage, type Send } from './integration/owned-stage.fixture.ts';
import { lane, lanePlatform } from './lane.ts';
import { TEST_PACE } from './shared-engines.ts';
import { type SmallDisk, smallDisk } from './small-disk.ts';
import { discardPlatform } from './throwaway-platform.ts';

/** What the product promises: it is whole by itself within a minute of a loss's end. */
export const WHOLE_WITHIN_MS = 60_000;
/** How soon a process says that something which it needs is lost. */
const SAID_WITHIN_MS = 30_000;
/** PostgreSQL, Temporal and the storage of workspaces are on it. */
const DISK = '900M';

/** What `/ready` of a process says does not work. */
export type Missing = Partial<Record<'api' | 'worker', readonly string[]>>;

/**
 * A platform of its own, all of whose state lies on a small disk, with a customer. One workspace runs from the beginning to the end of
 * the file, whatever is lost; a second one is started and stopped to see that all works again.
 */
export interface LossesStage {
  stage: Stage;
  disk: SmallDisk;
  env: Record<string, string>;
  stateDir: string;
  handle: PlatformHandle;
  pidOf(part: PartName): Promise<number>;
  /** SIGKILL; resolves when the supervisor has started it again, which does not mean that it answers. */
  kill(part: PartName): Promise<void>;
  hang(part: PartName): Promise<void>;
  goOn(part: PartName): Promise<void>;
  /** The lane's, on which the workspaces run; null when the machine's own engine is used, which is not ours to stop. */
  dockerPid(): Promise<number | null>;
  /** Waits until each process says that this is missing. */
  says(missing: Missing): Promise<void>;
  /** Delivers a signed event of the customer. @returns the answer's status, 0 for none */
  deliver(eventId: string): Promise<number>;
  /** Waits until all is ready, a fresh event is acted on and a fresh command carried out; no workspace stopped meanwhile. */
  isWhole(): Promise<void>;
  /** Holds what is lost for the time of `lose` to `restore` to the promise. @param survivors whose process stays the same one */
  outlives(loss: {
    lose(): Promise<void>;
    missing: Missing;
    restore(): Promise<void>;
    survivors?: readonly PartName[];
    meanwhile?(): Promise<void>;
  }): Promise<void>;
  close(): Promise<void>;
}

export async function openLossesStage(): Promise<LossesStage> {
  const disk = smallDisk(DISK);
  const stateDir = join(disk.folder, 'state');
  const platform: Platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', 'temporal-ui'],
    given: { DOCKER_HOST: lane().env.DOCKER_HOST },
    extraEnv: { ...TEST_PACE, LEASEHOLD_SUBNET_POOL: '10.180.0.0/16' },
  });
  const handle = await attachPlatform(stateDir);
  if (!handle) throw new Error('The platform has not written itself down.');
  const { env } = platform;
  const { stage, send } = await openOwnedStage(handle);
  const second = await openSecondWorkspace(stage, send);
  const startedAt = await stage.workspace.startedAt();
  let secondRuns = true;

  const pidOf = async (part: PartName) => {
    let pid: number | undefined;
    await until(`${part} to have a process`, WHOLE_WITHIN_MS, async () => {
      pid = platform.parts().find(({ name }) => name === part)?.pid;
      return pid !== undefined;
    });
    return pid as number;
  };
  const signal = async (part: PartName, name: NodeJS.Signals) => void process.kill(await pidOf(part), name);

  async function deliver(eventId: string): Promise<number> {
    const payload = JSON.stringify({
      id: eventId,
      object: 'event',
      type: 'customer.updated',
      api_version: Stripe.API_VERSION,
      created: Math.floor(Date.now() / 1000),
      livemode: false,
      data: { object: { id: stage.customer.stripeCustomerId, object: 'customer' } },
    });
    const secret = env.STRIPE_WEBHOOK_SECRET ?? '';
    const answer = await fetch(`${env.LEASEHOLD_API_URL}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
      },
      body: payload,
    }).catch(() => null);
    await answer?.body?.cancel();
    return answer?.status ?? 0;
  }

  async function says(missing: Missing): Promise<void> {
    for (const [process, parts] of Object.entries(missing)) {
      const wanted = [...parts].sort().join();
      await until(`${process} to say that ${wanted || 'nothing'} is missing`, SAID_WITHIN_MS, async () => {
        const said = (await missingOf(env, process as 'api' | 'worker')).sort().join();
        if (said === wanted) return true;
        throw new Error(`It says: ${said || 'nothing'}`);
      });
    }
  }

  async function isWhole(): Promise<void> {
    const end = performance.now() + WHOLE_WITHIN_MS;
    const left = () => Math.max(1, end - performance.now());
    expect(await stage.workspace.startedAt()).toBe(startedAt);
    await until('all to be ready', left(), async () => {
      const said = [...(await missingOf(env, 'api')), ...(await missingOf(env, 'worker'))];
      if (said.length > 0) throw new Error(`Missing: ${said.join()}`);
      return true;
    });
    const eventId = `evt_${randomUUID()}`;
    await until('a fresh event to be received', left(), async () => (await deliver(eventId)) === 200);
    await until('a fresh event to be acted on', left(), async () => {
      const row = await stage.prisma.stripeEvent.findUnique({ where: { id: eventId } });
      return row?.actedAt != null;
    });
    secondRuns = !secondRuns;
    const path = `/api/v1/workspaces/${second.id}/${secondRuns ? 'start' : 'stop'}`;
    await until('a fresh command to be taken', left(), async () => (await send('POST', path)).status === 202);
    const wanted = secondRuns ? 'running' : 'exited';
    await until(
      `the workspace to be ${wanted}`,
      left(),
      async () => (await second.probe.container()).status === wanted,
    );
    expect(await stage.workspace.startedAt()).toBe(startedAt);
    expect((await stage.workspace.container()).status).toBe('running');
  }

  return {
    ...{ stage, disk, env, stateDir, handle, pidOf, deliver, says, isWhole },
    async kill(part) {
      const pid = await pidOf(part);
      process.kill(pid, 'SIGKILL');
      await until(`${part} to be started again`, WHOLE_WITHIN_MS, async () => (await pidOf(part)) !== pid);
    },
    hang: (part) => signal(part, 'SIGSTOP'),
    goOn: (part) => signal(part, 'SIGCONT'),
    dockerPid: async () => {
      const parts = await (await lanePlatform()).parts();
      return parts.find(({ name }) => name === 'docker')?.pid ?? null;
    },
    async outlives({ lose, missing, restore, survivors = ['worker', 'api'], meanwhile }) {
      const before = await Promise.all(survivors.map(pidOf));
      await lose();
      try {
        await says(missing);
        await meanwhile?.();
      } finally {
        await restore();
      }
      await isWhole();
      expect(await Promise.all(survivors.map(pidOf))).toEqual(before);
    },
    async close() {
      disk.free();
      await stage.close();
      await discardPlatform(platform, stateDir);
      disk.discard();
    },
  };
}

async function openSecondWorkspace(stage: Stage, send: Send): Promise<{ id: string; probe: WorkspaceProbe }> {
  const { client, customer, driver, docker, prisma, platform } = stage;
  const pool = { workspaces: 1, memoryMb: 256, cpuPercent: 50, storageMb: 1024 };
  await client.workflow.getHandle(driver.workflowId).executeUpdate(grantOverride, {
    args: [{ commandId: 'more', override: { id: 'more', reason: 'A second workspace.', pool, until: null } }],
  });
  await driver.settle();
  const answer = await send('POST', `/api/v1/accounts/${customer.accountId}/workspaces`, {
    body: { name: 'second', size: { memoryMb: 256, cpuPercent: 50, storageMb: 1024 } },
  });
  const { workspaceId: id } = (await answer.json()) as { workspaceId: string };
  const { LEASEHOLD_INSTALLATION: installation = '', LEASEHOLD_INTERNAL_TOKEN: internalToken = '' } = platform.env;
  const probe = new WorkspaceProbe({ docker, prisma, workspaceId: id, installation, internalToken });
  await until('the second workspace to run', 60_000, async () => (await probe.container()).status === 'running');
  await driver.settle();
  return { id, probe };
}

/** What `/ready` of a process says does not work; the process itself when it does not answer. */
async function missingOf(env: Record<string, string>, process: 'api' | 'worker'): Promise<string[]> {
  const base = process === 'api' ? env.LEASEHOLD_API_URL : `http://127.0.0.1:${env.LEASEHOLD_WORKER_PORT}`;
  const answer = await fetch(`${base}/ready`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
  if (!answer) return [process];
  const said = (await answer.json()) as {
    parts?: { name: string; ok: boolean }[];
    checks?: Record<string, string>;
  };
  const parts = said.parts?.filter(({ ok }) => !ok).map(({ name }) => name) ?? [];
  const checks = Object.entries(said.checks ?? {}).filter(([, result]) => result !== 'ok');
  return [...parts, ...checks.map(([name]) => name)];
}
