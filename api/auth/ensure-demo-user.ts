import type { PrismaClient } from '#prisma/client.ts';
import type { Auth } from './auth.ts';

/** The person of demonstrations and stories. The id never changes, so that an account can name it as its owner. */
export const DEMO_USER = { id: 'demo', name: 'Demo Customer', email: 'demo@leasehold.test' } as const;

/**
 * Makes sure that the demo user can sign in with `password`. Another password than before ends its sessions. Safe to
 * repeat and to run in several processes at once.
 */
export async function ensureDemoUser(deps: { prisma: PrismaClient; auth: Auth }, password: string): Promise<void> {
  const { prisma } = deps;
  const { password: hasher } = await deps.auth.$context;
  const user = await prisma.user.upsert({
    where: { email: DEMO_USER.email },
    create: { ...DEMO_USER, emailVerified: true },
    update: { emailVerified: true },
  });
  const id = `${user.id}-password`;
  const credential = await prisma.credential.findUnique({ where: { id } });
  if (credential?.password && (await hasher.verify({ hash: credential.password, password }))) return;
  const hash = await hasher.hash(password);
  await prisma.$transaction([
    prisma.credential.upsert({
      where: { id },
      create: { id, accountId: user.id, providerId: 'credential', userId: user.id, password: hash },
      update: { password: hash },
    }),
    prisma.session.deleteMany({ where: { userId: user.id } }),
  ]);
}
