import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { drainHost, undrainHost } from '#cli/hosts/drain-host.ts';
import { listHosts } from '#cli/hosts/list-hosts.ts';
import { DAY_MS, msBetween } from '#domain/time.ts';
import { poll } from '#platform/poll.ts';
import { createPrisma } from '#prisma/client.ts';
import { accountView, wishWorkspace } from '#workflows/subscription/messages.ts';
import { Expectations } from './expectations.ts';
import { type ExtraHost, openExtraHost } from './extra-host.ts';
import { clear, openStage, type Stage } from './stage.ts';
import type { Story, StoryOptions, StoryResult, StoryStep } from './story.ts';
import { until } from './until.ts';
import { WorkspaceProbe } from './workspace-probe.ts';

const FILE = 'kept.bin';
/** Takes long enough to be copied that a worker can be killed meanwhile. */
const LARGE = { name: 'large.bin', megabytes: 400 };
const TIMEOUT_MS = 240_000;
const DAYS = 7;
const REASON = 'its machine is being replaced.';

/**
 * Two hosts are filled by what is free on them; one is drained. Both hosts are the story's own, so that nobody else's
 * workspace moves: one beside the platform's host on its engine, one on a second engine.
 */
export const twoHosts: Story = {
  name: 'two-hosts',
  summary:
    'Two hosts on two engines are filled by free memory; one is drained, and its workspaces move with their data.',
  disturbances: {
    'workers-killed':
      'in the middle of a copy the worker that receives it is killed with -9 and started again, in another one the worker that sends it',
  },
  async play(options) {
    const { platform } = options;
    const prisma = createPrisma(platform.env.DATABASE_URL ?? '', { maxConnections: 2 });
    const opened: { close(): Promise<void> }[] = [{ close: () => prisma.$disconnect() }];
    try {
      const free = Math.max(0, ...(await listHosts(prisma)).map((host) => host.freeMemoryMb));
      // More room than anybody: what comes while the story plays goes there, and moves back at its end.
      const a = await openExtraHost(platform, prisma, {
        name: 'story-a',
        engine: 'shared',
        memoryMb: free + 5_000,
        subnetPool: '10.190.0.0/16',
      });
      opened.push(a);
      const b = await openExtraHost(platform, prisma, {
        name: 'story-b',
        engine: 'own',
        memoryMb: free + 4_900,
        subnetPool: '10.191.0.0/16',
      });
      opened.push(b);
      const engines = { [a.id]: a.docker, [b.id]: b.docker };
      const customers: Stage[] = [];
      for (let count = 0; count < 3; count += 1) {
        const stage = await openStage(platform, { engines });
        customers.push(stage);
        opened.push({ close: () => clear(stage) });
        await until('the workspace to run', TIMEOUT_MS, async () => {
          const { workspaces } = await viewOf(stage);
          return workspaces[0]?.status === 'running';
        });
        await stage.driver.settle();
      }
      return await play({ a, b, customers }, options);
    } finally {
      for (const each of opened.reverse()) await each.close();
    }
  },
};

interface Cast {
  a: ExtraHost;
  b: ExtraHost;
  customers: Stage[];
}

async function play({ a, b, customers }: Cast, options: StoryOptions): Promise<StoryResult> {
  const [first, second, third] = customers;
  if (!first || !second || !third) throw new Error('The story has three customers.');
  const { prisma, client } = first;
  const expect = new Expectations();
  const steps: StoryStep[] = [];
  const startedAt = await third.driver.now();
  const step = async (what: string, stage: Stage, docker: Docker, status: string) => {
    const [now, view, { id: _, ...container }] = await Promise.all([
      stage.driver.now(),
      viewOf(stage),
      probeOn(docker, stage).container(),
    ]);
    const day = Math.round((msBetween(startedAt, now) / DAY_MS) * 1000) / 1000;
    const taken: StoryStep = { at: now, day, what, standing: view.standing, container };
    steps.push(taken);
    options.onStep?.(taken);
    expect.equal(`${what}: container`, container.status, status);
  };
  const elsewhere = async (what: string, stage: Stage, docker: Docker) => {
    expect.equal(`${what}: left on the other engine`, await objectsOf(docker, stage), []);
  };

  expect.equal(
    'hosts by free memory',
    customers.map(({ customer }) => customer.hostId),
    [a.id, b.id, a.id],
  );
  await step('the first customer goes to host a', first, a.docker, 'running');
  await elsewhere('the first', first, b.docker);
  await step('the second to host b, which has more free', second, b.docker, 'running');
  await elsewhere('the second', second, a.docker);
  await step('the third to host a again', third, a.docker, 'running');
  const texts = customers.map(() => randomBytes(60_000).toString('base64'));
  for (const [at, stage] of customers.entries()) await stage.workspace.write(FILE, texts[at] ?? '');
  const isDisturbed = options.disturbance === 'workers-killed';
  const digests = isDisturbed ? await Promise.all([first, third].map(fillLarge)) : [];
  const killed = async (host: ExtraHost, stage: Stage) => {
    if (!isDisturbed) return;
    const probe = probeOn(b.docker, stage);
    // Not by `until`, which would ask ever more seldom.
    expect.equal('its data is on its way', await poll(() => probe.hasVolume(), { timeoutMs: TIMEOUT_MS }), true);
    await host.killWorker();
    const { workspaces } = await viewOf(stage);
    expect.equal('where it lives after the kill', workspaces[0]?.hostId, a.id);
    await host.startWorker();
  };

  await wish(first, 'stopped');
  await step('the first is stopped by its owner', first, a.docker, 'exited');
  await drainHost({ prisma, client }, a.id, { reason: REASON, withinDays: DAYS });
  await Promise.all([first.driver.settle(), killed(b, first)]);
  await third.driver.settle();
  await step('host a is drained: the stopped one has moved', first, b.docker, 'absent');
  expect.equal('its data is on engine b', await probeOn(b.docker, first).hasVolume(), true);
  await elsewhere('the first after its move', first, a.docker);
  await step('the running one runs on', third, a.docker, 'running');
  const asked = await viewOf(third);
  const moveAt = asked.workspaces[0]?.move?.at ?? '';
  expect.onDay('the move of the running one', msBetween(startedAt, moveAt) / DAY_MS, DAYS);
  expect.equal('its owner was asked', (await third.mailbox.templates()).includes('move-planned'), true);
  const drained = (await listHosts(prisma)).find(({ id }) => id === a.id);
  expect.equal('moves in the list of hosts', drained?.moves, { planned: 1, moving: 0 });

  await wish(first, 'running');
  await step('the first is started on host b', first, b.docker, 'running');
  expect.equal('its file, byte for byte', await probeOn(b.docker, first).read(FILE), texts[0]);
  if (isDisturbed) expect.equal('its large file', await probeOn(b.docker, first).digest(LARGE.name), digests[0]);
  expect.equal('its gateway answers over host b', await first.workspace.message('echo', { on: 'b' }), { on: 'b' });

  await Promise.all([third.driver.moveTo(moveAt), killed(a, third)]);
  // With the sender away for longer than the tries take, it is moved another time.
  const again = isDisturbed ? (await viewOf(third)).workspaces[0]?.move?.at : null;
  if (again) await third.driver.moveTo(again);
  await step('its time has come: the third has moved and runs', third, b.docker, 'running');
  await elsewhere('the third after its move', third, a.docker);
  expect.equal('its file, byte for byte', await probeOn(b.docker, third).read(FILE), texts[2]);
  if (isDisturbed) expect.equal('its large file', await probeOn(b.docker, third).digest(LARGE.name), digests[1]);
  expect.equal('its gateway answers over host b', await third.workspace.message('echo', { on: 'b' }), { on: 'b' });
  const { containers } = await ofHost(a);
  expect.equal('containers of host a', containers, []);

  await undrainHost({ prisma, client }, a.id);
  const inUse = (await listHosts(prisma)).find(({ id }) => id === a.id);
  expect.equal('host a is in use again', [inUse?.drainedAt, inUse?.reserved.memoryMb], [null, 0]);

  // Both hosts end with the story: who lives there moves to the platform's own.
  for (const host of [a, b]) await drainHost({ prisma, client }, host.id, { reason: 'the story ends.', withinDays: 0 });
  for (const stage of customers) await stage.driver.settle();
  await until('both hosts to be empty', TIMEOUT_MS, async () => {
    const left = (await listHosts(prisma)).filter(({ id }) => id === a.id || id === b.id);
    return left.every(({ reserved }) => reserved.memoryMb === 0);
  });
  const home = first.platform.env.LEASEHOLD_HOST_ID;
  const homes = await Promise.all(customers.map(async (stage) => (await viewOf(stage)).workspaces[0]?.hostId));
  expect.equal('where they live in the end', homes, [home, home, home]);
  await step('at the end it runs on the platform’s own host', third, third.docker, 'running');
  const { id: containerId } = await third.workspace.container();
  return {
    story: twoHosts.name,
    passed: expect.failures.length === 0,
    accountId: third.customer.accountId,
    containerId,
    steps,
    failures: expect.failures,
  };
}

/** @returns its digest */
async function fillLarge({ workspace }: Stage): Promise<string> {
  await workspace.fill(LARGE.name, LARGE.megabytes);
  return workspace.digest(LARGE.name);
}

async function wish(stage: Stage, wants: 'running' | 'stopped'): Promise<void> {
  const { client, driver, customer } = stage;
  await client.workflow.getHandle(driver.workflowId).executeUpdate(wishWorkspace, {
    args: [{ commandId: `story/${wants}`, workspaceId: customer.workspaceId, wants }],
  });
  await until(
    `the workspace to be ${wants}`,
    TIMEOUT_MS,
    async () => (await viewOf(stage)).workspaces[0]?.status === wants,
  );
  await driver.settle();
}

function viewOf({ client, driver }: Stage) {
  return client.workflow.getHandle(driver.workflowId).query(accountView);
}

function probeOn(docker: Docker, { prisma, platform, customer }: Stage): WorkspaceProbe {
  const { LEASEHOLD_INSTALLATION: installation = '', LEASEHOLD_INTERNAL_TOKEN: internalToken = '' } = platform.env;
  return new WorkspaceProbe({ docker, prisma, workspaceId: customer.workspaceId, installation, internalToken });
}

/** Names of containers, networks and volumes of a customer on an engine. */
async function objectsOf(docker: Docker, { customer }: Stage): Promise<string[]> {
  const filters = { label: [`leasehold.account=${customer.accountId}`] };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) as never }),
  ]);
  return [
    ...containers.map(({ Id }) => `container ${Id}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
  ];
}

async function ofHost({ id, docker }: ExtraHost): Promise<{ containers: string[] }> {
  const found = await docker.listContainers({ all: true, filters: { label: [`leasehold.host=${id}`] } });
  return { containers: found.map(({ Id }) => Id) };
}
