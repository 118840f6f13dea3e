/** What the API answers about people, members and keys, as far as pages read it. */
export type Role = 'owner' | 'admin' | 'billing' | 'member';
export type Scope = 'read' | 'workspaces' | 'billing' | 'usage:write';

export interface AccountSummary {
  accountId: string;
  audience: 'personal' | 'organisation';
  name: string;
  role: Role;
  planName: string;
  standing: string;
  isHeld: boolean;
  closing: { stage: 'canceling' | 'retained' | 'deleting'; deleteAt: string | null } | null;
}

export interface InvitationToMe {
  id: string;
  organisationName: string;
  role: Role;
  inviterName: string;
  expiresAt: string;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  twoFactorEnabled: boolean;
}

/** `GET /api/v1/me` */
export interface MeAnswer {
  user: Me | null;
  accounts: AccountSummary[];
  invitations: InvitationToMe[];
  /** For people: why the own account is not in the list yet. */
  notice: string | null;
}

export interface Member {
  userId: string;
  name: string;
  email: string;
  role: Role;
  since: string;
}

export interface Invitation {
  id: string;
  email: string;
  role: Role;
  invitedBy: string;
  expiresAt: string;
  expired: boolean;
}

export interface Key {
  id: string;
  name: string;
  start: string;
  scopes: Scope[];
  state: 'active' | 'expired' | 'revoked';
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: { kind: 'person' | 'key' | 'system'; id: string; name: string };
  action: string;
  target: string;
  ip: string | null;
  reason: string | null;
  outcome: 'pending' | 'done' | 'refused' | 'failed';
  requestId: string;
  details: Record<string, unknown>;
}
