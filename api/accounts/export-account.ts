import type { PrismaClient } from '#prisma/client.ts';
import type { AskedAccount } from '../access/find-account.ts';
import { ownerOf } from '../access/find-account.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { listKeys } from '../people/keys.ts';
import { listMembers } from '../people/members.ts';
import type { ReadAccount } from './read-account.ts';

/** All that we hold of an account, and of the person whose own it is. Nothing in it opens anything: no key, token or password. */
export type ExportAccount = (account: AskedAccount) => Promise<Record<string, unknown>>;

const AUDIT_PAGE = 500;
/** What was used is told by the quarter of an hour, as it is kept longest. */
const COARSEST_SECONDS = 900;

export function createExportAccount(deps: {
  prisma: PrismaClient;
  readAccount: ReadAccount;
  auditLog: AuditLog;
}): ExportAccount {
  const { prisma, readAccount, auditLog } = deps;

  async function wholeAudit(logs: { accountId: string; userId: string | null }) {
    const all = [];
    let before: bigint | undefined;
    for (;;) {
      const { entries, next } = await auditLog.page(logs, { before, limit: AUDIT_PAGE });
      all.push(...entries);
      if (next === null) return all;
      before = BigInt(next);
    }
  }

  async function personAlone(userId: string) {
    const [profile, sessions, signIns, memberships] = await Promise.all([
      prisma.user.findUnique({
        where: { id: userId },
        select: {
          id: true,
          name: true,
          email: true,
          emailVerified: true,
          twoFactorEnabled: true,
          createdAt: true,
          updatedAt: true,
        },
      }),
      prisma.session.findMany({
        where: { userId },
        select: { id: true, ipAddress: true, userAgent: true, createdAt: true, updatedAt: true, expiresAt: true },
        orderBy: { createdAt: 'asc' },
      }),
      prisma.credential.findMany({ where: { userId }, select: { providerId: true, createdAt: true } }),
      prisma.member.findMany({
        where: { userId },
        select: { role: true, createdAt: true, organisation: { select: { id: true, name: true } } },
      }),
    ]);
    return { profile, sessions, waysToSignIn: signIns, memberships };
  }

  async function organisationAlone(organisationId: string) {
    const [organisation, members, invitations] = await Promise.all([
      prisma.organisation.findUnique({
        where: { id: organisationId },
        select: { id: true, name: true, slug: true, createdAt: true },
      }),
      listMembers({ prisma }, organisationId),
      prisma.invitation.findMany({
        where: { organisationId },
        select: { id: true, email: true, role: true, status: true, createdAt: true, expiresAt: true, inviterId: true },
        orderBy: { createdAt: 'asc' },
      }),
    ]);
    return { organisation, members, invitations };
  }

  return async (account) => {
    const { accountId, userId, organisationId } = account;
    const byAge = { orderBy: { receivedAt: 'asc' } } as const;
    const ofWorkspaces = { where: { workspace: { accountId } } };
    const [view, timeline, workspaces, executions, executionHours, usage, keys, audit, stripeEvents, owner] =
      await Promise.all([
        readAccount(accountId),
        prisma.timelineEntry.findMany({
          where: { accountId },
          select: { id: true, at: true, kind: true, text: true },
          orderBy: [{ at: 'asc' }, { id: 'asc' }],
        }),
        prisma.workspace.findMany({ where: { accountId }, orderBy: { id: 'asc' } }),
        prisma.execution.findMany({ ...ofWorkspaces, orderBy: { at: 'asc' } }),
        prisma.executionHour.findMany({ ...ofWorkspaces, orderBy: { hour: 'asc' } }),
        prisma.workspaceSample.findMany({
          where: { ...ofWorkspaces.where, resolution: COARSEST_SECONDS },
          orderBy: [{ workspaceId: 'asc' }, { at: 'asc' }],
        }),
        listKeys({ prisma }, ownerOf(account)),
        wholeAudit({ accountId, userId }),
        prisma.stripeEvent.findMany({ where: { accountId }, ...byAge }),
        userId === null ? organisationAlone(organisationId ?? '') : personAlone(userId),
      ]);
    return {
      exportedAt: new Date().toISOString(),
      account: view,
      ...owner,
      timeline,
      workspaces,
      executions,
      executionHours,
      usage: usage.map((each) => ({ ...each, networkIn: Number(each.networkIn), networkOut: Number(each.networkOut) })),
      keys,
      audit,
      stripeEvents,
    };
  };
}
