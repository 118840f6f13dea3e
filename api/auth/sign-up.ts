import { randomUUID } from 'node:crypto';
import { APIError, createAuthEndpoint, createAuthMiddleware } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { generateRandomString } from 'better-auth/crypto';
import * as z from 'zod';
import { DAY_MS } from '#domain/time.ts';
import { signedUpAlreadyMail, verificationMail } from '#mail/people-mail.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { PostOffice } from './post-office.ts';
import { type AuthContext, confirmSignUp, passwordOfSignUp } from './sign-up-store.ts';
import { fitText } from './text-refusal.ts';

/** Characters of a password. */
export const PASSWORD_LENGTH = { shortest: 10, longest: 128 } as const;
/** Days that a sign-up waits for its confirmation; its link is asked for again after an hour. */
const KEPT_DAYS = 7;
/** Of one address: each may cost the comparison with a password. */
const MOST_OF_ONE_ADDRESS = 10;
const LINK_MS = 3_600_000;

export interface SignUpDeps {
  prisma: PrismaClient;
  posts: PostOffice;
  /** The address of a page of ours. */
  page(path: string, params?: Record<string, string>): string;
}

/**
 * Signing up in place of better-auth's: nobody is a user before the address is confirmed. The mail's link shows that one
 * reads the mailbox, the password says which sign-up is one's own; only who has both gets in. So a stranger who signed up
 * with somebody's address opens nothing, and keeps nobody out.
 */
export function confirmedSignUp({ prisma, posts, page }: SignUpDeps) {
  /** Mails a link that confirms the address. */
  async function sendLink({ context }: AuthContext, email: string): Promise<void> {
    const token = generateRandomString(32, 'a-z', 'A-Z', '0-9');
    await context.internalAdapter.createVerificationValue({
      identifier: identifierOf(token),
      value: email,
      expiresAt: new Date(Date.now() + LINK_MS),
    });
    // Without the name: it is what somebody typed.
    const to = [{ name: '', address: email }];
    posts.post({ to, text: verificationMail(page('/verify-email', { token })), template: 'verify-email' });
  }

  async function keepSignUp(row: { email: string; name: string; password: string }): Promise<void> {
    await prisma.signUp.create({ data: { id: randomUUID(), ...row } });
    const [{ createdAt: keptFrom } = { createdAt: new Date(0) }] = await prisma.signUp.findMany({
      where: { email: row.email },
      orderBy: { createdAt: 'desc' },
      skip: MOST_OF_ONE_ADDRESS - 1,
      take: 1,
    });
    await prisma.signUp.deleteMany({
      where: {
        OR: [
          { email: row.email, createdAt: { lt: keptFrom } },
          { createdAt: { lt: new Date(Date.now() - KEPT_DAYS * DAY_MS) } },
        ],
      },
    });
  }

  const isConfirmed = async (email: string) => (await prisma.user.count({ where: { email, emailVerified: true } })) > 0;

  return {
    id: 'confirmed-sign-up',
    // The names are better-auth's own: its endpoints are replaced.
    endpoints: {
      signUpEmail: createAuthEndpoint(
        '/sign-up/email',
        { method: 'POST', body: z.object({ name: z.unknown(), email: z.string(), password: z.string() }) },
        async (ctx) => {
          const name = fitText('personName', 'name', ctx.body.name);
          const email = emailIn(ctx.body.email);
          const { password } = ctx.body;
          if (password.length < PASSWORD_LENGTH.shortest) throw refusal('PASSWORD_TOO_SHORT');
          if (password.length > PASSWORD_LENGTH.longest) throw refusal('PASSWORD_TOO_LONG');
          const hash = await ctx.context.password.hash(password);
          const user = await prisma.user.findUnique({ where: { email, emailVerified: true } });
          if (user) {
            posts.post({
              to: [{ name: user.name, address: user.email }],
              text: signedUpAlreadyMail(page('/sign-in')),
              template: 'signed-up-already',
            });
          } else {
            await keepSignUp({ email, name, password: hash });
            await sendLink(ctx, email);
          }
          return ctx.json({ status: true });
        },
      ),
      sendVerificationEmail: createAuthEndpoint(
        '/send-verification-email',
        { method: 'POST', body: z.object({ email: z.string() }) },
        async (ctx) => {
          const email = emailIn(ctx.body.email);
          const waits = (await prisma.signUp.count({ where: { email } })) > 0;
          if (waits && !(await isConfirmed(email))) await sendLink(ctx, email);
          return ctx.json({ status: true });
        },
      ),
      verifyEmail: createAuthEndpoint(
        '/verify-email',
        { method: 'POST', body: z.object({ token: z.string(), password: z.string() }) },
        async (ctx) => {
          const identifier = identifierOf(ctx.body.token);
          const link = await ctx.context.internalAdapter.findVerificationValue(identifier);
          if (!link || link.expiresAt.getTime() <= Date.now()) throw refusal('INVALID_TOKEN');
          const email = link.value;
          if (await isConfirmed(email)) throw refusal('INVALID_TOKEN');
          const signUp = await passwordOfSignUp(prisma, ctx, email, ctx.body.password);
          if (!signUp) throw refusal('SIGN_UP_PASSWORD_WRONG');
          // Used six times at once it is used once.
          if (!(await ctx.context.internalAdapter.consumeVerificationValue(identifier))) throw refusal('INVALID_TOKEN');
          const user = await confirmSignUp(prisma, signUp);
          if (!user) throw refusal('INVALID_TOKEN');
          const session = await ctx.context.internalAdapter.createSession(user.id);
          await setSessionCookie(ctx, { session, user });
          return ctx.json({ status: true });
        },
      ),
    },
    hooks: {
      before: [
        {
          matcher: ({ path }: { path?: string }) => path === '/sign-in/email',
          /** Whoever signs in before the address is confirmed gets the link again. */
          handler: createAuthMiddleware(async (ctx) => {
            const { email, password } = (ctx.body ?? {}) as { email?: unknown; password?: unknown };
            if (typeof email !== 'string' || typeof password !== 'string') return;
            const address = email.trim().toLowerCase();
            if (password.length > PASSWORD_LENGTH.longest || (await isConfirmed(address))) return;
            if (!(await passwordOfSignUp(prisma, ctx, address, password))) return;
            await sendLink(ctx, address);
            throw new APIError('FORBIDDEN', { code: 'EMAIL_NOT_VERIFIED' });
          }),
        },
      ],
    },
  };
}

function emailIn(given: string): string {
  const email = fitText('emailAddress', 'email', given).toLowerCase();
  if (!z.email().safeParse(email).success) {
    throw new APIError('BAD_REQUEST', { code: 'INVALID_EMAIL', message: 'email must be an e-mail address' });
  }
  return email;
}

function identifierOf(token: string): string {
  return `confirm-address:${token}`;
}

function refusal(code: string): APIError {
  return new APIError('BAD_REQUEST', { code });
}
