import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { ApplicationFailure } from '@temporalio/common';
import { isTemporalUnavailable } from '#api/temporal-unavailable.ts';
import { until } from '#stories/until.ts';
import type { SeededRandom } from '#test/scenarios/seeded-random.ts';
import * as messages from '#workflows/subscription/messages.ts';
import { hostileValue, lawfulName, pick } from './hostile-text.ts';
import type { Victim } from './victims.ts';
import { wound } from './wound.ts';

/** A message of the account's workflow that values are sent in. */
export interface Message {
  type: 'update' | 'signal';
  name: string;
  definition: UpdateDefinition<unknown, unknown[]> | SignalDefinition<unknown[]>;
}

/** What a lawful argument is, by the name of the message. One that is not here gets made-up ones. */
const LAWFUL: Record<string, (random: SeededRandom, victim: Victim) => unknown> = {
  billingHints: (random) => [{ eventId: `evt_${random.between(0, 1_000_000)}`, type: 'invoice.paid' }],
  hostReports: (random, { workspaceId }) => [
    { reportId: randomUUID(), workspaceId, generation: random.between(0, 3), saw: pick(random, SIGHTINGS) },
  ],
  wishWorkspace: (_, { workspaceId, isSacrificed }) => ({
    ...{ commandId: randomUUID(), workspaceId },
    wants: isSacrificed ? 'stopped' : 'running',
  }),
  createWorkspace: (random) => ({
    ...{ commandId: randomUUID(), workspaceId: `ws_${randomUUID()}`, name: lawfulName(random), hostId: 'local' },
    size: { memoryMb: 64, cpuPercent: 5, storageMb: 128 },
  }),
  deleteWorkspace: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId, immediately: false }),
  restartWorkspace: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId }),
  recoverWorkspace: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId }),
  restoreWorkspace: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId }),
  renameWorkspace: (random, { workspaceId }) => ({ commandId: randomUUID(), workspaceId, name: lawfulName(random) }),
  resizeWorkspace: (random, { workspaceId }) => ({
    ...{ commandId: randomUUID(), workspaceId, restart: random.chance(0.5) },
    size: { memoryMb: random.between(64, 256), cpuPercent: random.between(5, 50), storageMb: 1_024 },
  }),
  placeHold: (random) => ({ commandId: randomUUID(), hold: 'quota', reason: lawfulName(random) }),
  liftHold: () => ({ commandId: randomUUID(), hold: 'quota' }),
  grantOverride: (random) => ({
    commandId: randomUUID(),
    override: {
      ...{ id: `grant-${randomUUID().slice(0, 8)}`, reason: lawfulName(random), until: null },
      ...{ pool: { workspaces: 1 }, limits: { gateways: random.between(1, 100) }, features: { support: 'fast' } },
    },
  }),
  withdrawOverride: () => ({ commandId: randomUUID(), overrideId: `grant-${randomUUID().slice(0, 8)}` }),
  extendGrace: (random) => ({ commandId: randomUUID(), days: random.between(1, 90), reason: lawfulName(random) }),
  linkCustomer: (random) => ({
    commandId: randomUUID(),
    stripeCustomerId: `cus_hostile${random.between(0, 1_000_000_000)}`,
  }),
  moveWorkspace: (random, { workspaceId }) => ({
    ...{ commandId: randomUUID(), workspaceId, fromHostId: 'elsewhere', toHostId: null },
    ...{ withinDays: random.between(0, 30), reason: lawfulName(random) },
  }),
  chooseMoveTime: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId, at: null }),
  cancelMove: (_, { workspaceId }) => ({ commandId: randomUUID(), workspaceId }),
  closeAccount: () => ({ commandId: randomUUID() }),
  keepAccount: () => ({ commandId: randomUUID() }),
};
const SIGHTINGS = [
  { kind: 'crash-looping', crashes: 5, exitCode: 1, outOfMemory: false },
  { kind: 'out-of-memory', kills: 2 },
  { kind: 'storage', usedMb: 10, limitMb: 1_024, state: 'ok' },
  { kind: 'stable' },
];
/** They end what they are about. */
const ENDS = new Set(['closeAccount', 'deleteWorkspace', 'createWorkspace']);
/** `startFreshRun` has no arguments that could be hostile; it is sent all the same. */
const ANSWERS_WITHIN_MS = 20_000;

/** Every Update and every signal that the workflow's messages export. */
export function allMessages(): Message[] {
  return Object.values(messages).flatMap((each) => {
    if (typeof each !== 'object' || each === null || !('type' in each) || !('name' in each)) return [];
    const { type, name } = each as { type: string; name: string };
    return type === 'update' || type === 'signal'
      ? [{ type, name, definition: each as unknown as Message['definition'] }]
      : [];
  });
}

export interface HostileMessage {
  message: Message;
  victim: Victim;
  args: unknown[];
}

/** A message whose arguments have wounds, or are others altogether. */
export function messageTo(random: SeededRandom, message: Message, victims: readonly Victim[]): HostileMessage {
  const ends = ENDS.has(message.name);
  const victim = pick(
    random,
    victims.filter((each) => each.isSacrificed === ends),
  );
  const lawful = LAWFUL[message.name]?.(random, victim);
  const way = random.next();
  if (way < 0.1) return { message, victim, args: lawful === undefined ? [] : [lawful] };
  if (way < 0.75) return { message, victim, args: [wound(random, lawful)] };
  if (way < 0.85) return { message, victim, args: [hostileValue(random)] };
  if (way < 0.9) return { message, victim, args: [] };
  if (way < 0.95) return { message, victim, args: [deep(random.between(65, 2_000))] };
  return { message, victim, args: [wound(random, withLongText(lawful))] };
}

/**
 * Sends it.
 *
 * @returns `recorded`, `sent` for a signal, or why it was refused
 * @throws Error when there is no answer in time, or one that is no refusal
 */
export async function send(workflow: WorkflowHandle, sent: HostileMessage): Promise<string> {
  let answer: string | undefined;
  let aborted: unknown;
  const again = async () => {
    try {
      answer = await sendOnce(workflow, sent);
    } catch (error) {
      // An Update that arrives while the workflow goes on in a fresh run is aborted: whoever sent it sends it again.
      if (!(error instanceof ServiceError) || !isTemporalUnavailable(error)) throw error;
      aborted = error;
      return false;
    }
    return true;
  };
  await until('an answer', ANSWERS_WITHIN_MS, again).catch((error: unknown) => {
    throw new Error(whole(aborted ?? error));
  });
  return answer ?? '';
}

async function sendOnce(workflow: WorkflowHandle, { message, args }: HostileMessage): Promise<string> {
  try {
    if (message.type === 'signal') {
      await workflow.signal(message.definition as SignalDefinition<unknown[]>, ...args);
      return 'sent';
    }
    const options = { args } as unknown as { args: [unknown] };
    await within(workflow.executeUpdate(message.definition as UpdateDefinition<unknown, [unknown]>, options));
    return 'recorded';
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      const { cause } = error;
      return `refused: ${(cause instanceof ApplicationFailure && cause.type) || 'untyped'}`;
    }
    // What is larger than a message may be is refused before it reaches the workflow.
    if (/too large|larger than max|exceeds|exceeded size/i.test(whole(error))) return 'refused: too large for Temporal';
    throw error;
  }
}

function whole(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.cause ? whole(error.cause) : ''}` : String(error);
}

async function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`There was no answer in ${ANSWERS_WITHIN_MS / 1_000} s.`)),
      ANSWERS_WITHIN_MS,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function deep(depth: number): unknown {
  let value: unknown = 1;
  for (let left = depth; left > 0; left -= 1) value = [value];
  return value;
}

/** 1.9 MB: less than Temporal takes. */
function withLongText(value: unknown): unknown {
  const text = 'a'.repeat(1_900_000);
  if (Array.isArray(value)) return [...value, text];
  return typeof value === 'object' && value !== null ? { ...value, reason: text } : text;
}
