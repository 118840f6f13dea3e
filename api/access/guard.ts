import { type Caller, decideAccess, decideOwnAccess } from '#domain/access.ts';
import type { ReadAccount } from '../accounts/read-account.ts';
import { accountNotFound, workspaceNotFound } from '../accounts/refusals.ts';
import type { ApiContext, Guard } from '../api-env.ts';
import type { Audited } from '../audit/audited.ts';
import type { FindActor } from '../audit/find-actor.ts';
import type { Principal } from '../auth/principal.ts';
import type { FindAccount } from './find-account.ts';
import { refuseAccess, refuseKey } from './refuse-access.ts';

export interface GuardDeps {
  findAccount: FindAccount;
  readAccount: ReadAccount;
  findActor: FindActor;
  audited: Audited;
}

/**
 * The one way in: who asks, for which account, in which role, and whether `domain/access` lets them. What changes something
 * is written down, also when it is refused to somebody of the account.
 */
export function createGuard({ findAccount, readAccount, findActor, audited }: GuardDeps): Guard {
  return {
    async account(c, { action, audit }, next) {
      const { principal } = c.var;
      const { accountId: asked, ...ids } = c.req.param() as Record<string, string | undefined>;
      const what = asked === undefined ? 'workspace' : 'account';
      const found =
        asked === undefined
          ? await findAccount.byWorkspace(principal, ids.id ?? '')
          : { account: await findAccount.byId(principal, asked), workspace: null };
      const account = found?.account;
      if (!account?.role) throw what === 'account' ? accountNotFound() : workspaceNotFound();
      const { accountId, role } = account;

      const carryOut = async () => {
        const access = decideAccess({ action, caller: callerOf(principal), role, account });
        if (!access.allowed) throw await refuseAccess(readAccount, access, { action, accountId, what });
        c.set('account', { ...account, role });
        if (found?.workspace) c.set('workspace', found.workspace);
        await next();
      };
      if (audit === null) return carryOut();
      const target = Object.values(ids).at(-1) ?? accountId;
      return audited(c, { log: { accountId }, actor: await findActor(principal), action: audit, target }, carryOut);
    },
    async own(c, { action, audit }, next) {
      const { principal } = c.var;
      const account = await findAccount.own(principal, await namedOrganisation(c));
      if (!account?.role) throw accountNotFound();
      const { accountId, role } = account;
      const carryOut = async () => {
        const access = decideAccess({ action, caller: callerOf(principal), role, account });
        if (!access.allowed) throw await refuseAccess(readAccount, access, { action, accountId, what: 'account' });
        c.set('account', { ...account, role });
        await next();
      };
      if (audit === null) return carryOut();
      const actor = await findActor(principal);
      return audited(c, { log: { accountId }, actor, action: audit, target: accountId }, carryOut);
    },
    async self(c, { action, audit }, next) {
      const { principal } = c.var;
      const access = decideOwnAccess(action, callerOf(principal));
      if (!access.allowed) throw refuseKey(access);
      if (audit === null || principal.kind === 'key') return next();
      const { userId } = principal;
      const target = Object.values(c.req.param()).at(-1) ?? userId;
      return audited(c, { log: { userId }, actor: await findActor(principal), action: audit, target }, next);
    },
  };
}

/** Who asks, as `domain/access` has it. */
export function callerOf(principal: Principal): Caller {
  return principal.kind === 'key' ? { kind: 'key', scopes: principal.scopes } : { kind: 'person' };
}

/** What is malformed in the body is told by the route's own check, behind this one. */
async function namedOrganisation(c: ApiContext): Promise<string | null> {
  const asked = c.req.query('organizationId');
  if (asked !== undefined) return asked;
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) return null;
  const body: unknown = await c.req.json().catch(() => null);
  const named = typeof body === 'object' && body !== null && 'organizationId' in body ? body.organizationId : null;
  return typeof named === 'string' ? named : null;
}
