import { APIError } from 'better-auth/api';
import { expect, test } from 'vitest';
import type { PrismaClient } from '#prisma/client.ts';
import type { Auth } from './auth.ts';
import { createFindPrincipal } from './find-principal.ts';

/** Whom a cookie finds when better-auth answers with an error. */
function found(error: unknown) {
  const getSession = async () => Promise.reject(error);
  const findPrincipal = createFindPrincipal({
    auth: { api: { getSession } } as unknown as Auth,
    prisma: {} as PrismaClient,
    limits: { count: async () => undefined, forget: async () => undefined },
  });
  return findPrincipal(new Headers({ cookie: 'leasehold.session_token=x' }));
}

test('a session that is ended at the moment of its renewal is none', async () => {
  await expect(found(new APIError('UNAUTHORIZED'))).resolves.toEqual({ principal: null, setCookies: [] });
});

test('nobody is signed out by an outage', async () => {
  await expect(found(new APIError('INTERNAL_SERVER_ERROR'))).rejects.toMatchObject({ status: 503 });
});
