import { ApplicationFailure } from '@temporalio/workflow';
import { UNLIMITED, type WorkspaceSize } from '#domain/catalog.ts';
import { LONGEST_EXTENSION_DAYS } from '#domain/extend-grace.ts';
import type { HostReport, HostSighting } from '#domain/host-report.ts';
import { LONGEST_DAYS_TO_CHOOSE } from '#domain/moves.ts';
import { type TextKind, textFault } from '#domain/text-rules.ts';
import type {
  BillingHint,
  ChooseMoveTimeCommand,
  ClosingCommand,
  CreateWorkspaceCommand,
  DeleteWorkspaceCommand,
  ExtendGraceCommand,
  GrantCommand,
  HoldCommand,
  LinkCustomerCommand,
  MoveWorkspaceCommand,
  RenameWorkspaceCommand,
  ResizeWorkspaceCommand,
  WithdrawCommand,
  WorkspaceCommand,
  WorkspaceWish,
} from './messages.ts';

// What is missing or misspelt is said before anything is recorded: support staff and programs send Updates and signals by hand.

const CUSTOMER_ID = /^cus_\w{1,250}$/;
const WORKSPACE_ID = /^[A-Za-z0-9_.-]{1,128}$/;
const HOST_ID = /^[\w.-]{1,63}$/;
const HOLDS: readonly HoldCommand['hold'][] = ['admin', 'dispute', 'quota'];
/** Limits of the catalog that one grant may name. */
const MOST_LIMITS = 50;
/** Far above what a catalog sells: a sum of thousands of them is still a whole number. */
const LARGEST_AMOUNT = 1_000_000_000;

export function requireWish(wish: WorkspaceWish): void {
  requireAboutWorkspace(wish);
  if (wish.wants !== 'running' && wish.wants !== 'stopped') throw malformed('`wants` must be "running" or "stopped".');
}

export function requireNewWorkspace(command: CreateWorkspaceCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  requireText('id', command.workspaceId, 'workspaceId');
  if (!WORKSPACE_ID.test(command.workspaceId))
    throw malformed('`workspaceId` must be letters, digits, `_`, `.` and `-`, 128 at most; it names a container.');
  requireText('workspaceName', command.name, 'name');
  requireHost(command.hostId, 'hostId');
  if (command.size !== undefined) requireSize(command.size);
}

export function requireDeletion(command: DeleteWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireFlag(command.immediately, 'immediately');
}

export function requireAboutWorkspace(command: WorkspaceCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  requireText('id', command.workspaceId, 'workspaceId');
}

export function requireRename(command: RenameWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireText('workspaceName', command.name, 'name');
}

export function requireResize(command: ResizeWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireSize(command.size);
  requireFlag(command.restart, 'restart');
}

export function requireHold(command: HoldCommand): void {
  requireHoldName(command);
  requireText('reason', command.reason, 'reason');
}

export function requireHoldName(command: Omit<HoldCommand, 'reason'>): void {
  requireText('commandId', command?.commandId, 'commandId');
  if (!HOLDS.includes(command.hold)) throw malformed(`\`hold\` must be one of ${HOLDS.join(', ')}.`);
}

export function requireGrant(command: GrantCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  requireText('id', command.override?.id, 'override.id');
  requireText('reason', command.override.reason, 'override.reason');
  const { pool = {}, limits = {}, until } = command.override;
  requireAmounts(pool, 'override.pool');
  requireAmounts(limits, 'override.limits');
  if (until !== null && !isInstant(until))
    throw malformed('`override.until` must be null or an instant such as 2026-03-08T00:00:00.000Z.');
}

export function requireWithdrawal(command: WithdrawCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  requireText('id', command.overrideId, 'overrideId');
}

export function requireExtension(command: ExtendGraceCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  requireText('reason', command.reason, 'reason');
  if (!Number.isSafeInteger(command.days) || command.days < 1 || command.days > LONGEST_EXTENSION_DAYS)
    throw malformed(`\`days\` must be a whole number from 1 to ${LONGEST_EXTENSION_DAYS}.`);
}

export function requireCustomer(command: LinkCustomerCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
  if (typeof command.stripeCustomerId !== 'string' || !CUSTOMER_ID.test(command.stripeCustomerId))
    throw malformed('`stripeCustomerId` must be the id of a customer at Stripe, such as cus_Nd5phN.');
}

export function requireMove(command: MoveWorkspaceCommand): void {
  requireAboutWorkspace(command);
  requireHost(command.fromHostId, 'fromHostId');
  requireText('reason', command.reason, 'reason');
  if (command.toHostId !== null) requireHost(command.toHostId, 'toHostId');
  const { withinDays } = command;
  if (!Number.isSafeInteger(withinDays) || withinDays < 0 || withinDays > LONGEST_DAYS_TO_CHOOSE)
    throw malformed(`\`withinDays\` must be a whole number from 0 to ${LONGEST_DAYS_TO_CHOOSE}.`);
}

export function requireMoveTime(command: ChooseMoveTimeCommand): void {
  requireAboutWorkspace(command);
  if (command.at !== null && !isInstant(command.at))
    throw malformed('`at` must be null (now) or an instant such as 2026-03-08T00:00:00.000Z.');
}

export function requireClosing(command: ClosingCommand): void {
  requireText('commandId', command?.commandId, 'commandId');
}

/** Whether an entry of `billingHints` can be taken. */
export function isBillingHint(entry: unknown): entry is BillingHint {
  if (!isObject(entry)) return false;
  return textFault('id', entry.eventId) === null && textFault('id', entry.type) === null;
}

/** Whether an entry of `hostReports` can be taken. */
export function isHostReport(entry: unknown): entry is HostReport {
  if (!isObject(entry)) return false;
  const { reportId, workspaceId, generation, saw } = entry;
  const isAddressed = textFault('id', reportId) === null && textFault('id', workspaceId) === null;
  return isAddressed && Number.isSafeInteger(generation) && isObject(saw) && isSighting(saw);
}

function isSighting(saw: Record<string, unknown>): boolean {
  switch (saw.kind as HostSighting['kind']) {
    case 'crash-looping': {
      const { crashes, exitCode, outOfMemory } = saw;
      return (
        isCount(crashes) && (exitCode === null || Number.isSafeInteger(exitCode)) && typeof outOfMemory === 'boolean'
      );
    }
    case 'out-of-memory':
      return isCount(saw.kills);
    case 'storage':
      return isCount(saw.usedMb) && isCount(saw.limitMb) && ['ok', 'near', 'over'].includes(saw.state as string);
    case 'stable':
    case 'astray':
      return true;
    default:
      return false;
  }
}

function requireAmounts(amounts: unknown, field: string): void {
  if (!isObject(amounts)) throw malformed(`\`${field}\` must be an object of whole numbers.`);
  const entries = Object.entries(amounts);
  if (entries.length > MOST_LIMITS) throw malformed(`\`${field}\` must name ${MOST_LIMITS} limits at most.`);
  for (const [name, value] of entries) {
    requireText('id', name, field);
    if (!Number.isSafeInteger(value) || (value as number) < UNLIMITED || (value as number) > LARGEST_AMOUNT)
      throw malformed(`\`${name}\` must be a whole number up to ${LARGEST_AMOUNT}, or ${UNLIMITED} for no limit.`);
  }
}

function requireSize(size: WorkspaceSize): void {
  for (const part of ['memoryMb', 'cpuPercent', 'storageMb'] as const) {
    const amount = size?.[part];
    if (!Number.isSafeInteger(amount) || Math.abs(amount) > LARGEST_AMOUNT)
      throw malformed(`\`size.${part}\` must be a whole number up to ${LARGEST_AMOUNT}.`);
  }
}

function requireHost(value: unknown, field: string): void {
  if (typeof value !== 'string' || !HOST_ID.test(value))
    throw malformed(`\`${field}\` must be the id of a host: letters, digits, \`_\`, \`.\` and \`-\`, 63 at most.`);
}

function requireFlag(value: unknown, field: string): void {
  if (value !== undefined && typeof value !== 'boolean') throw malformed(`\`${field}\` must be true or false.`);
}

function requireText(kind: TextKind, value: unknown, field: string): void {
  const fault = textFault(kind, value);
  if (fault !== null) throw malformed(`\`${field}\` ${fault}.`);
}

function isInstant(text: unknown): boolean {
  const at = typeof text === 'string' && text.length < 40 ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString() === text;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'MalformedCommand');
}
