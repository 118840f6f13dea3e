import type { Prisma, PrismaClient } from '#prisma/client.ts';

/** Everything that the audit log knows a name for. */
export type AuditedAction =
  | 'account.close'
  | 'account.export'
  | 'account.keep'
  | 'billing.add-on-cancel'
  | 'billing.add-on-change'
  | 'billing.add-on-keep'
  | 'billing.cancel'
  | 'billing.change'
  | 'billing.checkout'
  | 'billing.keep'
  | 'billing.pay-invoice'
  | 'billing.payment-method-add'
  | 'billing.payment-method-default'
  | 'billing.payment-method-remove'
  | 'billing.portal'
  | 'billing.setup-intent'
  | 'billing.subscribe'
  | 'email.verify'
  | 'invitation.accept'
  | 'invitation.cancel'
  | 'invitation.create'
  | 'invitation.decline'
  | 'key.create'
  | 'key.revoke'
  | 'member.change-role'
  | 'member.leave'
  | 'member.remove'
  | 'organisation.create'
  | 'organisation.transfer'
  | 'password.ask-reset'
  | 'name.change'
  | 'password.change'
  | 'password.reset'
  | 'second-factor.disable'
  | 'second-factor.enable'
  | 'second-factor.new-backup-codes'
  | 'second-factor.verify'
  | 'session.revoke'
  | 'sign-in'
  | 'sign-out'
  | 'sign-up'
  | 'workspace.create'
  | 'workspace.delete'
  | 'workspace.recover'
  | 'workspace.rename'
  | 'workspace.resize'
  | 'workspace.restart'
  | 'workspace.restore'
  | 'workspace.start'
  | 'workspace.move'
  | 'workspace.stop';

/** Whose log an entry is in. */
export type AuditedLog = { accountId: string } | { userId: string };

export interface AuditActor {
  kind: 'person' | 'key' | 'system';
  id: string;
  name: string;
}

export interface AuditBeginning {
  log: AuditedLog;
  actor: AuditActor;
  action: AuditedAction;
  /** Id of what it is done to. */
  target: string;
  ip: string | null;
  userAgent: string | null;
  requestId: string;
}

/** What is known only once the request was looked at. */
export interface AuditNote {
  target?: string;
  /** As given by who did it. */
  reason?: string;
  /** Ids, roles, names, scopes: never secrets. */
  details?: Record<string, Prisma.InputJsonValue | null>;
}

/** What stays `pending` may or may not have happened: nobody answered. */
export type AuditOutcome = 'pending' | 'done' | 'refused' | 'failed';

export interface AuditedEntry {
  id: string;
  at: string;
  actor: AuditActor;
  action: string;
  target: string;
  ip: string | null;
  userAgent: string | null;
  reason: string | null;
  outcome: AuditOutcome;
  requestId: string;
  details: Record<string, unknown>;
}

export interface AuditPage {
  /** Newest first. */
  entries: AuditedEntry[];
  /** To be asked for with `before`; `null` at the end. */
  next: string | null;
}

export interface AuditLog {
  /** Stored before anything is changed: what can't be written down does not happen. Returns the entry's id. */
  begin(beginning: AuditBeginning): Promise<bigint>;
  settle(id: bigint, outcome: AuditOutcome, note: AuditNote): Promise<void>;
  /**
   * @param logs an account's, and with it, of a personal one, the person's own
   * @param options `before`: an entry's id; default: from the newest on
   */
  page(
    logs: { accountId: string; userId: string | null },
    options: { before?: bigint | undefined; limit: number },
  ): Promise<AuditPage>;
}

const LONGEST_USER_AGENT = 300;

export function createAuditLog(prisma: PrismaClient): AuditLog {
  return {
    async begin({ log, actor, userAgent, ...rest }) {
      const { id } = await prisma.auditEntry.create({
        data: {
          ...log,
          ...rest,
          actorKind: actor.kind,
          actorId: actor.id,
          actorName: actor.name,
          userAgent: userAgent?.slice(0, LONGEST_USER_AGENT) ?? null,
        },
        select: { id: true },
      });
      return id;
    },
    async settle(id, outcome, { target, reason, details }) {
      await prisma.auditEntry.updateMany({
        where: { id },
        data: {
          outcome,
          settledAt: new Date(),
          ...(target === undefined ? {} : { target }),
          ...(reason === undefined ? {} : { reason }),
          ...(details === undefined ? {} : { details }),
        },
      });
    },
    async page({ accountId, userId }, { before, limit }) {
      const rows = await prisma.auditEntry.findMany({
        where: {
          OR: [{ accountId }, ...(userId === null ? [] : [{ userId }])],
          ...(before === undefined ? {} : { id: { lt: before } }),
        },
        orderBy: { id: 'desc' },
        take: limit + 1,
      });
      const entries = rows.slice(0, limit).map((row) => ({
        id: String(row.id),
        at: row.at.toISOString(),
        // The columns have checks, and `details` is written by `settle` alone.
        actor: { kind: row.actorKind as AuditActor['kind'], id: row.actorId, name: row.actorName },
        action: row.action,
        target: row.target,
        ip: row.ip,
        userAgent: row.userAgent,
        reason: row.reason,
        outcome: row.outcome as AuditOutcome,
        requestId: row.requestId,
        details: row.details as Record<string, unknown>,
      }));
      return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
    },
  };
}
