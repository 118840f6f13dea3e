import { createMiddleware } from 'hono/factory';
import type { PrismaClient } from '#prisma/client.ts';
import type { ApiContext, ApiEnv } from '../api-env.ts';
import type { Auth } from '../auth/auth.ts';
import type { OPEN_ENDPOINTS, OPEN_ENDPOINTS_OF_PROVIDERS } from '../auth/open-endpoints.ts';
import type { AuditActor, AuditedAction } from './audit-log.ts';
import type { Audited } from './audited.ts';

type Endpoint = (typeof OPEN_ENDPOINTS)[number][1] | (typeof OPEN_ENDPOINTS_OF_PROVIDERS)[number][1];

/** What the audit log calls the endpoints of better-auth. `null`: it changes nothing of a person's access. */
export const AUDITED_ENDPOINTS: Record<Endpoint, AuditedAction | null> = {
  '/sign-up/email': null,
  '/sign-in/email': 'sign-in',
  '/sign-in/social': null,
  '/callback/:id': 'sign-in',
  '/sign-out': 'sign-out',
  '/get-session': null,
  '/verify-email': 'email.verify',
  '/send-verification-email': null,
  '/request-password-reset': 'password.ask-reset',
  '/reset-password': 'password.reset',
  '/update-user': 'name.change',
  '/change-password': 'password.change',
  '/two-factor/enable': 'second-factor.enable',
  '/two-factor/disable': 'second-factor.disable',
  '/two-factor/verify-totp': 'second-factor.verify',
  '/two-factor/verify-backup-code': 'second-factor.verify',
  '/two-factor/generate-backup-codes': 'second-factor.new-backup-codes',
  '/list-sessions': null,
  '/revoke-session': 'session.revoke',
  '/revoke-sessions': 'session.revoke',
  '/revoke-other-sessions': 'session.revoke',
};

export type AuditAuth = (action: AuditedAction) => ReturnType<typeof createMiddleware<ApiEnv>>;

/**
 * Writes what happens to a person's access into their own log: also what was refused, such as a sign-in with a wrong
 * password. Whoever is not signed in yet is named as whom they claim to be; what is about nobody we know is not written down.
 */
export function createAuditAuth(deps: { prisma: PrismaClient; auth: Auth; audited: Audited }): AuditAuth {
  const { prisma, auth, audited } = deps;
  const actorOf = async (where: { id: string } | { email: string }): Promise<AuditActor | null> => {
    const user = await prisma.user.findUnique({ where, select: { id: true, name: true } });
    return user && { kind: 'person', ...user };
  };
  const provenBy = async (identifier: string): Promise<AuditActor | null> => {
    const { internalAdapter } = await auth.$context;
    const proof = await internalAdapter.findVerificationValue(identifier);
    return proof ? actorOf({ id: proof.value }) : null;
  };

  /** Known before: by the session, a proof that was mailed, a second factor under way, or a claimed address. */
  async function claimed(c: ApiContext, action: AuditedAction): Promise<AuditActor | null> {
    const headers = new Headers({ cookie: c.req.header('cookie') ?? '' });
    // The request itself renews a session that is due, and sends its cookie.
    const session = await auth.api.getSession({ headers, query: { disableRefresh: true } });
    if (session) return { kind: 'person', id: session.user.id, name: session.user.name };
    const halfSignedIn = cookieOf(c.req.header('cookie') ?? '', 'two_factor');
    if (action === 'second-factor.verify') return halfSignedIn ? provenBy(halfSignedIn) : null;
    const { email, token } = await textsOf(c);
    if (action === 'password.reset') return token ? provenBy(`reset-password:${token}`) : null;
    const claims = action === 'sign-in' || action === 'password.ask-reset';
    return claims && email ? actorOf({ email: email.trim().toLowerCase() }) : null;
  }

  /** Known after: whose session it is that was begun. */
  async function known(c: ApiContext): Promise<AuditActor | null> {
    const token = c.res.headers.getSetCookie().flatMap((each) => cookieOf(each, 'session_token') ?? [])[0];
    const session = token ? await prisma.session.findUnique({ where: { token }, select: { userId: true } }) : null;
    return session ? actorOf({ id: session.userId }) : null;
  }

  return (action) =>
    createMiddleware<ApiEnv>(async (c, next) => {
      const change = (actor: AuditActor) => ({ log: { userId: actor.id }, actor, action, target: actor.id });
      const before = await claimed(c, action);
      if (before) return audited(c, change(before), next);
      await next();
      const after = c.error === undefined && c.res.status < 400 ? await known(c) : null;
      if (after) await audited(c, change(after), async () => undefined);
    });
}

/** The value of a cookie of ours, without its signature. */
function cookieOf(header: string, name: string): string | null {
  const value = new RegExp(`(?:^|;\\s*)(?:__Secure-)?leasehold\\.${name}=([^;]+)`).exec(header)?.[1];
  const decoded = value && decode(value);
  return decoded ? decoded.replace(/\.[^.]*$/, '') : null;
}

/** `null` for what is no percent-encoding: of a cookie that somebody made up. */
function decode(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

async function textsOf(c: ApiContext): Promise<{ email?: string; token?: string }> {
  const body: unknown = await c.req.raw
    .clone()
    .json()
    .catch(() => null);
  const text = (name: string) => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' ? { [name]: value.slice(0, 500) } : {};
  };
  return { ...text('email'), ...text('token') };
}
