import { randomUUID } from 'node:crypto';
import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { HostAnswer, HostClient, WorkspaceMessage } from '../accounts/host-client.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { suspended } from '../accounts/refusals.ts';
import type { ApiEnv } from '../api-env.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import type { ExecutionEnd, Executions } from '../workspaces/executions.ts';
import { workspaceParams } from './workspace.ts';

const answerSchema = z
  .object({
    plugin: z.string(),
    result: z.unknown(),
    durationMs: z
      .number()
      .openapi({ description: 'From handing the message over to having the result, as the host saw it.' }),
    executionId: z.string(),
  })
  .openapi('MessageAnswer');
/** A refusal of what was carried out says which execution it was. */
const refusalSchema = z.object({
  executionId: z.string().optional(),
  durationMs: z.number().optional(),
  gatewayCode: z.string().max(64).optional(),
});

export const workspaceMessagesRoute = defineRoute({
  method: 'post',
  path: '/api/v1/workspaces/{id}/messages',
  action: 'workspace:run',
  audit: null,
  summary: "Hands a message to a plugin in the workspace and returns the plugin's result",
  description: 'Counted as an execution when it ran, were it to fail.',
  request: {
    params: workspaceParams,
    body: {
      required: true,
      content: {
        'application/json': { schema: z.object({ plugin: textOf('id'), payload: z.unknown() }) },
      },
    },
  },
  responses: {
    200: { description: 'The plugin ran.', content: { 'application/json': { schema: answerSchema } } },
    400: problemAnswer('The message is malformed, or there is no such plugin.'),
    409: problemAnswer('It does not run.'),
    502: problemAnswer('What runs in it gave an answer that is not taken: too large, or none of a gateway.'),
    503: problemAnswer('Its host does not answer.'),
    504: problemAnswer('The plugin took too long and was ended.'),
  },
});

export function createWorkspaceMessagesHandler(deps: {
  readAccount: ReadAccount;
  hosts: HostClient;
  executions: Executions;
}): RouteHandler<typeof workspaceMessagesRoute, ApiEnv> {
  const { hosts, executions } = deps;

  /** Hands a message over, written down before and settled after: an API that dies meanwhile leaves a trace. */
  async function counted(hostUrl: string, id: string, message: WorkspaceMessage): Promise<HostAnswer> {
    const executionId = randomUUID();
    await executions.begin({ id: executionId, workspaceId: id, plugin: message.plugin });
    try {
      const answer = await hosts.sendMessage(hostUrl, id, { ...message, executionId });
      await executions.settle(executionId, endOf(answer));
      return answer;
    } catch (error) {
      await executions.settle(executionId, { outcome: 'lost' });
      throw hostUnreachable(error);
    }
  }

  return async (c) => {
    const { id, hostUrl } = c.var.workspace;
    if (hostUrl === null) throw hostUnreachable();
    const answer = await counted(hostUrl, id, c.req.valid('json'));
    if (answer.status === 404 || answer.status === 409) {
      throw await notRunning(deps.readAccount, c.var.account.accountId, id);
    }
    if (answer.status === 400 || answer.status === 422) {
      throw new Problem(
        400,
        'request-invalid',
        'The plugin refused the message',
        `${detailOf(answer.body) ?? 'The workspace did not accept it'}. Correct the message and send it again.`,
      );
    }
    const parsed = answerSchema.safeParse(answer.body);
    if (answer.status === 504) throw tookTooLong(answer);
    if (answer.status === 502) throw answerRefused(answer);
    if (answer.status !== 200 || !parsed.success) throw hostUnreachable(answer);
    return c.json(parsed.data, 200);
  };
}

/** What came of an execution; `null`: there was none. */
function endOf({ status, body }: HostAnswer): ExecutionEnd | null {
  const done = answerSchema.safeParse(body).data;
  if (status === 200 && done) return { outcome: 'done', durationMs: done.durationMs };
  const { executionId, durationMs, gatewayCode } = refusalSchema.safeParse(body).data ?? {};
  if (executionId !== undefined) return { outcome: 'failed', durationMs, reason: gatewayCode };
  const neverRan = status < 500 || gatewayCode === 'BUSY';
  return neverRan ? null : { outcome: 'lost' };
}

async function notRunning(readAccount: ReadAccount, accountId: string, id: string): Promise<Problem> {
  const account = await readAccount(accountId);
  const workspace = account?.workspaces.find((each) => each.id === id);
  const { status = 'not there', reason = null } = workspace ?? {};
  if (status === 'suspended' && account && account.holds.length > 0) return suspended(readAccount, accountId);
  if (status === 'suspended' || status === 'crash-looping' || status === 'failed') {
    const why = `It is ${status}. ${reason ?? ''}`.trim();
    return new Problem(409, 'workspace-not-running', 'The workspace does not run', why);
  }
  return new Problem(
    409,
    'workspace-not-running',
    'The workspace does not run',
    `It is ${status}. Start it, wait until it runs, and send the message again.`,
  );
}

function tookTooLong({ body }: HostAnswer): Problem {
  return new Problem(
    504,
    'plugin-timeout',
    'The plugin took too long',
    `${detailOf(body) ?? 'The workspace did not answer in time'}. Send less at once, or make the plugin faster.`,
  );
}

function answerRefused({ body }: HostAnswer): Problem {
  return new Problem(
    502,
    'workspace-answer-refused',
    'The answer of the workspace was not taken',
    `${detailOf(body) ?? 'It is none of a gateway'}. It counts as an execution that failed. Restart the workspace; if it stays, tell support.`,
  );
}

function detailOf(body: unknown): string | undefined {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
  return typeof detail === 'string' ? detail.replace(/\.$/, '') : undefined;
}

function hostUnreachable(cause?: unknown): Problem {
  return new Problem(
    503,
    'host-unreachable',
    'The host of the workspace does not answer',
    'The message may or may not have arrived. Try again in a few seconds.',
    { retryAfterSeconds: 5, cause },
  );
}
