import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Principal } from './auth/principal.ts';

/** Who is signed in. */
export interface Visitor {
  userId: string;
}

/** What middleware leaves for handlers. `principal` and `visitor` are there behind `requirePrincipal` only. */
export interface ApiEnv {
  Variables: RequestIdVariables & {
    /** The client's address, as far as it can be believed; `null` when there is none. */
    clientAddress: string | null;
    principal: Principal;
    visitor: Visitor;
  };
}

export type ApiContext = Context<ApiEnv>;
