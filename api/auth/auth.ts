import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { trustedOrigins } from '../middleware/require-trusted-origin.ts';

export interface AuthOptions {
  prisma: PrismaClient;
  log: Logger;
  /** The origin that people open; with `https` the cookies are `Secure`. */
  webOrigin: string;
  /** Signs cookies; at least 32 characters. */
  secret: string;
}

/** Sign-in by e-mail and password, sessions in PostgreSQL. Nobody can sign up over HTTP. */
export function createAuth({ prisma, log, webOrigin, secret }: AuthOptions) {
  return betterAuth({
    appName: 'Leasehold',
    baseURL: webOrigin,
    basePath: '/api/auth',
    secret,
    trustedOrigins: trustedOrigins(webOrigin),
    database: prismaAdapter(prisma, { provider: 'postgresql' }),
    account: { modelName: 'credential' },
    emailAndPassword: { enabled: true, disableSignUp: true },
    advanced: {
      cookiePrefix: 'leasehold',
      useSecureCookies: webOrigin.startsWith('https:'),
      ipAddress: { disableIpTracking: true },
    },
    // Behind the web server every request has the same address: `throttleSignIn` counts by e-mail instead.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    onAPIError: { throw: true },
    logger: { log: (level, message) => log[level === 'error' ? 'warn' : level]({ part: 'better-auth' }, message) },
  });
}

export type Auth = ReturnType<typeof createAuth>;
