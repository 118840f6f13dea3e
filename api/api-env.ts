import type { Context, Next } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Action, OwnAction, Role } from '#domain/access.ts';
import type { AskedAccount, AskedWorkspace } from './access/find-account.ts';
import type { AuditedAction, AuditNote } from './audit/audit-log.ts';
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

export interface RouteRule<Named extends Action | OwnAction> {
  action: Named;
  /** What the audit log calls it; `null`: it changes nothing and is not written down. */
  audit: AuditedAction | null;
}

/** Lets a request on to its handler, or refuses it. Routes are given theirs by `defineRoute`. */
export interface Guard {
  /** Of a route below `/api/v1/accounts/:accountId` or `/api/v1/workspaces/:id`. */
  account(c: ApiContext, rule: RouteRule<Action>, next: Next): Promise<void>;
  /** Of a route that is about the account of whoever asks, or of the organisation that the body or the query names. */
  own(c: ApiContext, rule: RouteRule<Action>, next: Next): Promise<void>;
  /** Of a route that is about whoever asks. */
  self(c: ApiContext, rule: RouteRule<OwnAction>, next: Next): Promise<void>;
}
