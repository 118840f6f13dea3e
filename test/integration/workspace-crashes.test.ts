import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { WorkspaceAnswer } from '#api/answers.ts';
import type { Stage } from '#stories/stage.ts';
import { openOwnedStage, type Send } from './owned-stage.fixture.ts';

/** From the process that ends to the page and the mail, by the worker of the platform itself. */
const WITHIN = { timeout: 90_000, interval: 200 };
const CRASHES = 5;
let stage: Stage;
let send: Send;

beforeAll(async () => {
  ({ stage, send } = await openOwnedStage());
});

afterAll(async () => {
  await stage?.close();
});

async function shown(): Promise<WorkspaceAnswer> {
  const answer = await send('GET', `/api/v1/workspaces/${stage.customer.workspaceId}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as WorkspaceAnswer;
}

function inspect() {
  return stage.docker.getContainer(stage.workspace.name).inspect();
}

/** Ends the container's first process, as a program does that crashes, once it runs. */
async function crash(): Promise<void> {
  await vi.waitFor(async () => {
    const { Running, Restarting, Pid } = (await inspect()).State;
    expect(Running && !Restarting).toBe(true);
    process.kill(Pid, 'SIGKILL');
  }, WITHIN);
}

test('scenario 39: it crashes five times in ten minutes: its host stops it, the page says why with the last lines, one mail goes out, one press runs it again', async () => {
  const { workspaceId } = stage.customer;
  for (let count = 1; count <= CRASHES; count += 1) {
    await crash();
    const seen = () => stage.prisma.workspaceIncident.count({ where: { workspaceId, kind: 'crashed' } });
    await vi.waitFor(async () => expect(await seen()).toBe(count), WITHIN);
  }

  const workspace = await vi.waitFor(async () => {
    const now = await shown();
    expect(now.status).toBe('crash-looping');
    return now;
  }, WITHIN);
  expect(workspace).toMatchObject({
    reason: expect.stringMatching(/^It crashed 5 times in a short while.* exit code 137\.$/),
    ownerWants: 'running',
    canRecover: true,
    incident: { kind: 'crash-looping', exitCode: 137 },
  });
  expect(workspace.incident?.lastLines.length).toBeGreaterThan(0);
  const { State, HostConfig } = await inspect();
  expect([State.Running, HostConfig.RestartPolicy?.Name]).toEqual([false, 'no']);
  await vi.waitFor(async () => expect(await stage.mailbox.templates()).toContain('workspace-stopped'), WITHIN);

  expect((await send('POST', `/api/v1/workspaces/${workspaceId}/recover`)).status).toBe(202);
  await vi.waitFor(async () => expect(await shown()).toMatchObject({ status: 'running', reason: null }), WITHIN);
  expect((await stage.workspace.container()).status).toBe('running');
  expect((await stage.mailbox.templates()).filter((each) => each === 'workspace-stopped')).toHaveLength(1);
}, 300_000);
