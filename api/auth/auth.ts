import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { prismaAdapter } from 'better-auth/adapters/prisma';
import { genericOAuth, organization, twoFactor } from 'better-auth/plugins';
import { normalText, textFault } from '#domain/text-rules.ts';
import { passwordResetMail } from '#mail/people-mail.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { trustedOrigins } from '../middleware/require-trusted-origin.ts';
import { organisationAccess, organisationRoles } from './organisation-roles.ts';
import type { PostOffice } from './post-office.ts';
import type { SignInProviders } from './sign-in-providers.ts';
import { confirmedSignUp, PASSWORD_LENGTH } from './sign-up.ts';
import { fitText } from './text-refusal.ts';

export interface VerifiedUser {
  id: string;
  name: string;
  email: string;
}

export interface AuthOptions {
  prisma: PrismaClient;
  log: Logger;
  /** The origin that people open; with `https` the cookies are `Secure`. Links in mails lead there. */
  webOrigin: string;
  /** Signs cookies and encrypts second factors; at least 32 characters. */
  secret: string;
  posts: PostOffice;
  providers: SignInProviders;
  /**
   * Called when a person has shown that their address is theirs, and again at each of their sign-ins, so that what failed
   * is made up for. Must be safe to repeat. A failure is logged and keeps nobody out.
   */
  onVerified(user: VerifiedUser): Promise<void>;
}

/** The header in which the handler tells better-auth the client's address. What a client sends in it is overwritten. */
export const ADDRESS_FOR_AUTH = 'x-leasehold-address';
/** Days that a session lasts after it was last used. */
export const SESSION_DAYS = 7;
export const KEY_PREFIX = 'lh_';
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/**
 * Who people are: sign-up with a verified address, sessions in PostgreSQL, second factors, organisations and keys, on
 * better-auth. Over HTTP only `OPEN_ENDPOINTS` of it can be reached.
 */
export function createAuth(options: AuthOptions) {
  const { prisma, log, webOrigin, secret, posts, providers } = options;
  const { github, oidc } = providers;
  const page = (path: string, params: Record<string, string> = {}) =>
    new URL(`${path}?${new URLSearchParams(params)}`.replace(/\?$/, ''), webOrigin).href;
  const verified = (user: VerifiedUser) =>
    options
      .onVerified({ id: user.id, name: user.name, email: user.email })
      .catch((err: unknown) => log.error({ err, userId: user.id }, 'what follows on a verified address failed'));
  const keys = {
    defaultPrefix: KEY_PREFIX,
    defaultKeyLength: 48,
    requireName: true,
    maximumNameLength: 80,
    startingCharactersConfig: { shouldStore: true, charactersLength: 8 },
    keyExpiration: { minExpiresIn: 0, maxExpiresIn: 731 },
    // Ours is a true window and counts in a table of its own.
    rateLimit: { enabled: false },
  } as const;

  return betterAuth({
    appName: 'Leasehold',
    baseURL: webOrigin,
    basePath: '/api/auth',
    secret,
    trustedOrigins: trustedOrigins(webOrigin),
    database: prismaAdapter(keepExpiredKeys(prisma), { provider: 'postgresql', transaction: true }),
    account: { modelName: 'credential', encryptOAuthTokens: true },
    verification: { storeIdentifier: 'hashed' },
    session: { expiresIn: SESSION_DAYS * DAY_SECONDS, updateAge: DAY_SECONDS },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      minPasswordLength: PASSWORD_LENGTH.shortest,
      maxPasswordLength: PASSWORD_LENGTH.longest,
      resetPasswordTokenExpiresIn: HOUR_SECONDS,
      revokeSessionsOnPasswordReset: true,
      async sendResetPassword({ user, token }) {
        posts.post({
          to: [{ name: user.name, address: user.email }],
          text: passwordResetMail(page('/reset-password', { token })),
          template: 'password-reset',
        });
      },
    },
    databaseHooks: {
      user: {
        create: {
          /** From another service, which may not have confirmed the address: then it is nobody's. */
          async before(user) {
            if (!user.emailVerified) return false;
            return { data: { ...user, name: nameFrom(user), image: imageFrom(user.image) } };
          },
        },
        update: {
          async before({ name, image }) {
            return {
              data: {
                ...(name === undefined ? {} : { name: fitText('personName', 'name', name) }),
                ...(image === undefined || image === null ? {} : { image: fitText('url', 'image', image) }),
              },
            };
          },
        },
      },
      session: {
        create: {
          async after({ userId }) {
            const user = await prisma.user.findUnique({ where: { id: userId } });
            if (user?.emailVerified) await verified(user);
          },
        },
      },
    },
    socialProviders: github ? { github } : {},
    plugins: [
      confirmedSignUp({ prisma, posts, page }),
      twoFactor({ issuer: 'Leasehold', backupCodeOptions: { storeBackupCodes: 'encrypted' } }),
      organization({
        ac: organisationAccess,
        roles: organisationRoles,
        requireEmailVerificationOnInvitation: true,
        schema: {
          session: { fields: { activeOrganizationId: 'activeOrganisationId' } },
          organization: { modelName: 'organisation' },
          member: { fields: { organizationId: 'organisationId' } },
          invitation: { fields: { organizationId: 'organisationId' } },
        },
      }),
      apiKey(
        [
          { ...keys, configId: 'user', references: 'user' },
          { ...keys, configId: 'organisation', references: 'organization' },
        ],
        { schema: { apikey: { modelName: 'apiKey' } } },
      ),
      ...(oidc
        ? [
            genericOAuth({
              config: [
                {
                  providerId: 'oidc',
                  name: oidc.name,
                  discoveryUrl: oidc.discoveryUrl,
                  clientId: oidc.clientId,
                  clientSecret: oidc.clientSecret,
                  scopes: ['openid', 'profile', 'email'],
                  pkce: true,
                },
              ],
            }),
          ]
        : []),
    ],
    advanced: {
      cookiePrefix: 'leasehold',
      useSecureCookies: webOrigin.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [ADDRESS_FOR_AUTH] },
    },
    rateLimit: {
      enabled: true,
      storage: 'database',
      window: 60,
      max: 60,
      // For one address and path; a pause as long as the window begins anew. Guesses at one person are limited beside it.
      customRules: {
        '/get-session': false,
        '/sign-in/email': { window: 60, max: 20 },
        '/sign-up/email': { window: HOUR_SECONDS, max: 20 },
        '/request-password-reset': { window: 60, max: 5 },
        '/send-verification-email': { window: 60, max: 5 },
        '/reset-password': { window: 60, max: 10 },
        '/verify-email': { window: 60, max: 20 },
        '/change-password': { window: 60, max: 10 },
        '/two-factor/*': { window: 60, max: 10 },
      },
    },
    telemetry: { enabled: false },
    onAPIError: { throw: true, errorURL: page('/sign-in') },
    // Messages only: what comes with them may hold addresses and tokens.
    logger: { log: (level, message) => log[level === 'error' ? 'warn' : level]({ part: 'better-auth' }, message) },
  });
}

/** What another service calls a person, where we may call them so, else the name of their mailbox. */
function nameFrom({ name, email }: { name: string; email: string }): string {
  const fits = [name, email.split('@')[0] ?? ''].find((each) => textFault('personName', each) === null);
  return normalText(fits ?? 'New customer');
}

function imageFrom(image: string | null | undefined): string | null {
  return image && textFault('url', image) === null ? image : null;
}

export type Auth = ReturnType<typeof createAuth>;

/**
 * better-auth deletes all expired keys whenever one is made. Ours stay, so that whoever sends one is told that it has expired,
 * and not that it never was.
 */
function keepExpiredKeys(prisma: PrismaClient) {
  return prisma.$extends({ query: { apiKey: { deleteMany: async () => ({ count: 0 }) } } });
}
