import { defaultKeyHasher } from '@better-auth/api-key';
import { isAPIError } from 'better-auth/api';
import { SCOPES, type Scope } from '#domain/access.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { databaseUnavailable } from '../on-error.ts';
import { Problem } from '../problem.ts';
import type { RateLimits, RateRule } from '../rate-limits.ts';
import { type Auth, KEY_PREFIX } from './auth.ts';
import type { Principal } from './principal.ts';

export interface Found {
  /** `null` when neither a valid session nor a key was sent. */
  principal: Principal | null;
  /** Values of `set-cookie` for the answer: a session that was renewed, or one that has ended. */
  setCookies: string[];
}

/**
 * Who sends a request. A key goes before a cookie.
 *
 * @throws Problem 401 `key-invalid`, `key-expired` or `key-revoked`; 429 when a key is used too often; 503 when PostgreSQL
 * can't be asked: nobody is signed out by an outage
 */
export type FindPrincipal = (headers: Headers) => Promise<Found>;

/** Requests of one key, over all API processes. */
export const REQUESTS_OF_A_KEY: RateRule = { name: 'key', max: 600, windowSeconds: 60 };
/** The last use is exact to this: not every request writes. */
const LAST_USE_EXACT_TO_MS = 60_000;

export function createFindPrincipal(deps: { auth: Auth; prisma: PrismaClient; limits: RateLimits }): FindPrincipal {
  const { auth, prisma, limits } = deps;

  async function byKey(secret: string): Promise<Principal> {
    const row = secret.startsWith(KEY_PREFIX)
      ? await prisma.apiKey.findUnique({ where: { key: await defaultKeyHasher(secret) } })
      : null;
    if (!row) throw refusedKey('key-invalid', 'The key is wrong', 'No such key exists. Check it, or make a new one.');
    if (!row.enabled) {
      throw refusedKey('key-revoked', 'The key was revoked', 'It can not be used any more. Make a new one.');
    }
    if (row.expiresAt && row.expiresAt.getTime() <= Date.now()) {
      throw refusedKey(
        'key-expired',
        'The key has expired',
        `It was valid until ${row.expiresAt.toISOString()}. Make a new one.`,
      );
    }
    await limits.count(REQUESTS_OF_A_KEY, row.id);
    if (Date.now() - (row.lastRequest?.getTime() ?? 0) > LAST_USE_EXACT_TO_MS) {
      await auth.api.verifyApiKey({ body: { key: secret, configId: row.configId } });
    }
    return {
      kind: 'key',
      keyId: row.id,
      scopes: scopesOf(row.permissions),
      reference: { kind: row.configId === 'organisation' ? 'organisation' : 'user', id: row.referenceId },
    };
  }

  async function bySession(headers: Headers): Promise<Found> {
    const { response, headers: answered } = await auth.api
      .getSession({ headers: new Headers({ cookie: headers.get('cookie') ?? '' }), returnHeaders: true })
      .catch((error: unknown) => {
        // It was ended while it was being renewed.
        if (isAPIError(error) && error.statusCode === 401) return { response: null, headers: new Headers() };
        throw databaseUnavailable(error);
      });
    const { user, session } = response ?? {};
    return {
      principal:
        user && session
          ? { kind: 'user', userId: user.id, name: user.name, email: user.email, sessionId: session.id }
          : null,
      setCookies: answered.getSetCookie(),
    };
  }

  return async (headers) => {
    const secret = keyIn(headers);
    if (secret !== null) return { principal: await byKey(secret), setCookies: [] };
    if (!headers.has('cookie')) return { principal: null, setCookies: [] };
    return bySession(headers);
  };
}

/** The scopes in a key's `permissions` column; what is unknown in it counts for nothing. */
export function scopesOf(permissions: string | null): Scope[] {
  const { scopes = [] } = JSON.parse(permissions ?? '{}') as { scopes?: string[] };
  return SCOPES.filter((scope) => scopes.includes(scope));
}

function keyIn(headers: Headers): string | null {
  const bearer = /^Bearer\s+(\S.*)$/i.exec(headers.get('authorization') ?? '')?.[1];
  return bearer?.trim() ?? headers.get('x-api-key');
}

function refusedKey(code: 'key-invalid' | 'key-expired' | 'key-revoked', title: string, detail: string): Problem {
  return new Problem(401, code, title, detail);
}
