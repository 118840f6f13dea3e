import type { Client } from '@temporalio/client';
import type { PrismaClient } from '#prisma/client.ts';
import { SUBSCRIPTION_WORKFLOW } from '#workflows/subscription/messages.ts';
import { accountOfWorkflow } from './failing-workflows.ts';
import type { Found } from './late-accounts.ts';
import { MOST_LISTED } from './trouble.ts';

/** Older ones the daily comparison of all accounts with Stripe has found and begun again. */
const ENDED_WITHIN_MS = 26 * 60 * 60_000;
/** Whoever ended it may be beginning the next one; visibility lags. */
const ENDED_AT_LEAST_MS = 20_000;

/** Accounts whose workflow was terminated or failed of late and that have none now. */
export async function findGone(client: Client, prisma: PrismaClient): Promise<Found> {
  const ended = await endedOfLate(client);
  if (ended.size === 0) return { found: [], count: 0 };
  const ids = [...ended.keys()].flatMap((workflowId) => accountOfWorkflow(workflowId) ?? []);
  const accounts = await prisma.account.findMany({ where: { id: { in: ids } }, select: { id: true } });
  const present = new Set(accounts.map(({ id }) => id));
  const found: Found['found'] = [];
  for (const [workflowId, { status, closedAt }] of ended) {
    const accountId = accountOfWorkflow(workflowId);
    if (accountId === null || !present.has(accountId) || (await runs(client, workflowId))) continue;
    found.push({
      kind: 'workflow-gone',
      accountId,
      about: workflowId,
      since: closedAt,
      detail: `Its workflow has ended (${status.toLowerCase()}) and none runs: nothing acts on the account, on its deadlines least of all.`,
      cure: `\`bin/leasehold account repair ${accountId}\`; the next event of Stripe or wish of its owner brings it back as well`,
    });
  }
  return { found, count: found.length };
}

/** By workflow id, the newest 100. */
async function endedOfLate(client: Client): Promise<Map<string, { status: string; closedAt: string | null }>> {
  const at = (agoMs: number) => new Date(Date.now() - agoMs).toISOString();
  const query =
    `WorkflowType = '${SUBSCRIPTION_WORKFLOW}' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')` +
    ` AND CloseTime BETWEEN '${at(ENDED_WITHIN_MS)}' AND '${at(ENDED_AT_LEAST_MS)}'`;
  const ended = new Map<string, { status: string; closedAt: string | null }>();
  for await (const { workflowId, status, closeTime } of client.workflow.list({ query, pageSize: MOST_LISTED })) {
    ended.set(workflowId, { status: status.name, closedAt: closeTime?.toISOString() ?? null });
    if (ended.size === MOST_LISTED) break;
  }
  return ended;
}

async function runs(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name === 'RUNNING' || status.name === 'PAUSED';
}
