import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type Docker from 'dockerode';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import { poll } from '#platform/poll.ts';
import { liftHold, placeHold, subscriptionWorkflowId, wishWorkspace } from '#workflows/subscription/messages.ts';
import type { AttackDeps, Failure } from './attack.ts';
import type { Victim } from './victims.ts';

const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** A hold has to reach Docker in this time. */
const HELD_WITHIN_MS = 30_000;
const RUNS_WITHIN_MS = 90_000;

export interface Aftermath {
  failures: Failure[];
  /** Workspaces that ran before the hold was placed, and all of them. */
  ran: number;
  held: number;
  /** Runs of workflows whose history was read. */
  runs: number;
}

/** Looks at what is left of each account: no task of its workflow has failed, and a hold that is placed now stops its workspace. */
export async function inspect(deps: AttackDeps & { docker: Docker }, victims: readonly Victim[]): Promise<Aftermath> {
  const aftermath: Aftermath = { failures: [], ran: 0, held: 0, runs: 0 };
  await Promise.all(
    victims.map(async (victim) => {
      const fail = (what: string) =>
        aftermath.failures.push({ index: null, what: `account ${victim.accountId}: ${what}`, sent: '' });
      try {
        await holdAndSee(deps, victim, aftermath, fail);
      } catch (error) {
        fail(`the hold: ${error}`);
      }
      for (const accountId of [victim.accountId, victim.organisationAccountId]) {
        try {
          aftermath.runs += await readHistories(deps.client, accountId, fail);
        } catch (error) {
          fail(`the history of ${accountId}: ${error}`);
        }
      }
    }),
  );
  return aftermath;
}

async function holdAndSee(
  deps: AttackDeps & { docker: Docker },
  victim: Victim,
  aftermath: Aftermath,
  fail: (what: string) => void,
): Promise<void> {
  const { client, docker, env, prisma } = deps;
  const { accountId, workspaceId } = victim;
  const workflow = client.workflow.getHandle(subscriptionWorkflowId(accountId));
  const state = async () => {
    const name = objectName({ installation: env.LEASEHOLD_INSTALLATION ?? '', workspaceId });
    return (await unlessMissing(docker.getContainer(name).inspect()))?.State.Running ?? false;
  };
  // As far as it lets itself be started again after all that.
  for (const hold of ['admin', 'dispute', 'quota'] as const) {
    await workflow.executeUpdate(liftHold, { args: [{ commandId: randomUUID(), hold }] }).catch(() => undefined);
  }
  await workflow
    .executeUpdate(wishWorkspace, { args: [{ commandId: randomUUID(), workspaceId, wants: 'running' }] })
    .catch(() => undefined);
  const runs = await poll(state, { timeoutMs: victim.isSacrificed ? 0 : RUNS_WITHIN_MS, everyMs: 250 });
  if (runs) aftermath.ran += 1;
  else if (!victim.isSacrificed) fail('its workspace does not run before the hold');
  await workflow.executeUpdate(placeHold, {
    args: [{ commandId: randomUUID(), hold: 'admin', reason: 'The end of the run.' }],
  });
  const stopped = await poll(async () => !(await state()), { timeoutMs: HELD_WITHIN_MS, everyMs: 250 });
  if (!stopped) fail(`the hold was not carried out in ${HELD_WITHIN_MS / 1_000} s`);
  else aftermath.held += 1;
  // What was decided is stored, too: hosts get stored wishes only.
  const stored = await poll(
    async () => {
      const row = await prisma.account.findUnique({ where: { id: accountId }, select: { view: true } });
      return row === null || JSON.stringify(row.view).includes('The end of the run.');
    },
    { timeoutMs: HELD_WITHIN_MS, everyMs: 250 },
  );
  if (!stored) fail('the hold was not stored');
}

/** @returns how many runs there are */
async function readHistories(client: Client, accountId: string, fail: (what: string) => void): Promise<number> {
  const workflowId = subscriptionWorkflowId(accountId);
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
  if (attempt > 1) fail(`${workflowId}: a task of the workflow is at attempt ${attempt}`);
  let runId: string | null | undefined = raw.workflowExecutionInfo?.execution?.runId;
  let runs = 0;
  while (runId) {
    runs += 1;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { eventType, eventId, workflowTaskFailedEventAttributes: failed } of events ?? []) {
      if (eventType !== EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED || !failed) continue;
      // Something arrived while the workflow went on in a fresh run: that is how Temporal says it.
      if (failed.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND) continue;
      fail(`${workflowId} ${runId}: event ${eventId}: a task failed: ${failed.failure?.message}`);
    }
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return runs;
}
