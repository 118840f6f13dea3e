import type { Role } from '#domain/access.ts';
import type { Audience } from '#domain/catalog.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { KeyReference, Principal } from '../auth/principal.ts';

/** An account as far as access goes, with what whoever asks is in it. */
export interface AskedAccount {
  accountId: string;
  audience: Audience;
  /** The person whose own account it is, or `null`. */
  userId: string | null;
  organisationId: string | null;
  isHeld: boolean;
  /** `null`: nothing. */
  role: Role | null;
}

export interface AskedWorkspace {
  id: string;
  hostId: string;
  /** Address of its host worker's internal endpoint; `null` when that host was never seen. */
  hostUrl: string | null;
}

export interface FindAccount {
  /** The account of whoever asks: the person's own or the key's, or that of an organisation that is named. */
  own(principal: Principal, organisationId: string | null): Promise<AskedAccount | null>;
  byId(principal: Principal, accountId: string): Promise<AskedAccount | null>;
  /** The account of a workspace, and the workspace. */
  byWorkspace(
    principal: Principal,
    workspaceId: string,
  ): Promise<{ account: AskedAccount; workspace: AskedWorkspace } | null>;
}

interface Row {
  accountId: string;
  userId: string | null;
  organisationId: string | null;
  isHeld: boolean;
  memberRole: Role | null;
}

/** Accounts as the read model has them. One query each. */
export function createFindAccount(prisma: PrismaClient): FindAccount {
  return {
    async own(principal, organisationId) {
      const { kind, id } = referenceOf(principal);
      const ofOrganisation = organisationId ?? (kind === 'organisation' ? id : null);
      const [row] = await prisma.$queryRaw<Row[]>`
        SELECT account.id AS "accountId", account.user_id AS "userId", account.organisation_id AS "organisationId",
               jsonb_array_length(coalesce(account.view->'holds', '[]')) > 0 AS "isHeld", member.role AS "memberRole"
        FROM account
        LEFT JOIN member ON member.organisation_id = account.organisation_id AND member.user_id = ${personOf(principal)}
        WHERE CASE WHEN ${ofOrganisation}::text IS NULL THEN account.user_id = ${id}
                   ELSE account.organisation_id = ${ofOrganisation} END`;
      return row ? asked(row, principal) : null;
    },
    async byId(principal, accountId) {
      const [row] = await prisma.$queryRaw<Row[]>`
        SELECT account.id AS "accountId", account.user_id AS "userId", account.organisation_id AS "organisationId",
               jsonb_array_length(coalesce(account.view->'holds', '[]')) > 0 AS "isHeld", member.role AS "memberRole"
        FROM account
        LEFT JOIN member ON member.organisation_id = account.organisation_id AND member.user_id = ${personOf(principal)}
        WHERE account.id = ${accountId}`;
      return row ? asked(row, principal) : null;
    },
    async byWorkspace(principal, workspaceId) {
      const [row] = await prisma.$queryRaw<(Row & AskedWorkspace)[]>`
        SELECT account.id AS "accountId", account.user_id AS "userId", account.organisation_id AS "organisationId",
               jsonb_array_length(coalesce(account.view->'holds', '[]')) > 0 AS "isHeld", member.role AS "memberRole",
               workspace.id, workspace.host_id AS "hostId", host.internal_url AS "hostUrl"
        FROM workspace
        JOIN account ON account.id = workspace.account_id
        LEFT JOIN host ON host.id = workspace.host_id
        LEFT JOIN member ON member.organisation_id = account.organisation_id AND member.user_id = ${personOf(principal)}
        WHERE workspace.id = ${workspaceId}`;
      if (!row) return null;
      const { id, hostId, hostUrl } = row;
      return { account: asked(row, principal), workspace: { id, hostId, hostUrl } };
    },
  };
}

/** Whom a principal acts for. */
export function referenceOf(principal: Principal): KeyReference {
  return principal.kind === 'key' ? principal.reference : { kind: 'user', id: principal.userId };
}

/** The person whom a principal acts for, or `null` when it acts for an organisation. */
export function personOf(principal: Principal): string | null {
  const { kind, id } = referenceOf(principal);
  return kind === 'user' ? id : null;
}

/** The organisation of an account behind an action that only organisations' accounts have. */
export function organisationOf({ accountId, organisationId }: AskedAccount): string {
  if (organisationId === null) throw new Error(`Account ${accountId} is personal.`);
  return organisationId;
}

/** Whose an account is: that is whose its keys are. */
export function ownerOf({ accountId, userId, organisationId }: AskedAccount): KeyReference {
  if (organisationId !== null) return { kind: 'organisation', id: organisationId };
  if (userId === null) throw new Error(`Account ${accountId} is nobody's.`);
  return { kind: 'user', id: userId };
}

/** The person who asks, behind an action that no key may. */
export function signedIn(principal: Principal): Extract<Principal, { kind: 'user' }> {
  if (principal.kind === 'key') throw new Error('A key came where only people may.');
  return principal;
}

function asked({ accountId, userId, organisationId, isHeld, memberRole }: Row, principal: Principal): AskedAccount {
  const { kind, id } = referenceOf(principal);
  // What an organisation's key may do is limited by its scopes, which depend on who made it.
  const isOwn = kind === 'user' ? userId === id : organisationId === id;
  return {
    accountId,
    audience: organisationId === null ? 'personal' : 'organisation',
    userId,
    organisationId,
    isHeld,
    role: isOwn ? 'owner' : memberRole,
  };
}
