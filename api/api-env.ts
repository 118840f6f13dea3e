import type { Context } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';

/** Who is signed in. */
export interface Visitor {
  userId: string;
}

/** What middleware leaves for handlers. `visitor` is there behind `requireSession` only. */
export interface ApiEnv {
  Variables: RequestIdVariables & { visitor: Visitor };
}

export type ApiContext = Context<ApiEnv>;
