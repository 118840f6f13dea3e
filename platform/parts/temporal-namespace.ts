import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { PlatformError } from '../platform-error.ts';
import { poll } from '../poll.ts';

const RETENTION_DAYS = 30;
const { INDEXED_VALUE_TYPE_KEYWORD: KEYWORD, INDEXED_VALUE_TYPE_DATETIME: DATETIME } =
  proto.temporal.api.enums.v1.IndexedValueType;
/** What support staff can search for. No personal data: every operator can read them. */
const SEARCH_ATTRIBUTES = { AccountId: KEYWORD, Plan: KEYWORD, Standing: KEYWORD, GraceEndsAt: DATETIME };
const GRPC_NOT_FOUND = 5;
const GRPC_ALREADY_EXISTS = 6;

/** Whether a Temporal frontend answers at this address. */
export async function isServing(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  await connection.close();
  return true;
}

/**
 * Makes the namespace (retention 30 days) and its search attributes where they are missing, and returns when all
 * services of the server know them: they read both through caches that lag by seconds.
 *
 * @throws PlatformError when that takes longer than 60 s
 */
export async function ensureNamespace(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await register(connection, namespace);
    await poll(() => addSearchAttributes(connection, namespace), { timeoutMs: 30_000, everyMs: 200 });
    if (!(await poll(() => isUsable(connection, namespace), { timeoutMs: 60_000, everyMs: 100 })))
      throw new PlatformError(`Temporal's namespace ${namespace} did not become usable within 60 s.`);
  } finally {
    await connection.close();
  }
}

async function register({ workflowService }: Connection, namespace: string): Promise<void> {
  try {
    await workflowService.describeNamespace({ namespace });
    return;
  } catch (error) {
    if (grpcCode(error) !== GRPC_NOT_FOUND) throw error;
  }
  await workflowService
    .registerNamespace({
      namespace,
      description: 'Leasehold: one workflow for each account',
      workflowExecutionRetentionPeriod: msToTs(RETENTION_DAYS * 86_400_000),
    })
    .catch((error) => {
      if (grpcCode(error) !== GRPC_ALREADY_EXISTS) throw error;
    });
}

async function addSearchAttributes({ operatorService }: Connection, namespace: string): Promise<boolean> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => customAttributes[name] === undefined);
  if (missing.length > 0)
    await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
  return true;
}

/** Asks frontend (with all attributes), matching and history about the namespace; each must know it. */
async function isUsable({ workflowService }: Connection, namespace: string): Promise<boolean> {
  const query = Object.keys(SEARCH_ATTRIBUTES)
    .map((name) => `${name} IS NULL`)
    .join(' AND ');
  await Promise.all([
    workflowService.countWorkflowExecutions({ namespace, query }),
    workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: 'leasehold' },
      taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    }),
    workflowService
      .describeWorkflowExecution({ namespace, execution: { workflowId: `nobody/${randomUUID()}` } })
      .catch((error) => {
        if (grpcCode(error) !== GRPC_NOT_FOUND || /namespace/i.test((error as Error).message)) throw error;
      }),
  ]);
  return true;
}

function grpcCode(error: unknown): number | undefined {
  return (error as { code?: number }).code;
}
