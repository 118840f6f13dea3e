import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Role } from '#domain/access.ts';
import type { AskedAccount, AskedWorkspace } from './access/find-account.ts';
import type { Guard } from './access/guard.ts';
import type { AuditNote } from './audit/audit-log.ts';
import type { Principal } from './auth/principal.ts';

/** What middleware leaves for handlers. `principal` and what stands below it are there behind `requirePrincipal` only. */
export interface ApiEnv {
  Variables: RequestIdVariables & {
    /** The client's address, as far as it can be believed; `null` when there is none. */
    clientAddress: string | null;
    principal: Principal;
    /** Used by routes that are made with `defineRoute`. */
    guard: Guard;
    /** In routes below an account or a workspace: the account, and what whoever asks is in it. */
    account: AskedAccount & { role: Role };
    /** In routes below a workspace. */
    workspace: AskedWorkspace;
    /** What the handler adds to the audit log's entry. */
    auditNote: AuditNote;
  };
}

export type ApiContext = Context<ApiEnv>;
