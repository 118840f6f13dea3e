import type { GenericEndpointContext } from 'better-auth';
import { Prisma, type PrismaClient } from '#prisma/client.ts';

export type AuthContext = Pick<GenericEndpointContext, 'context'>;

export interface StoredSignUp {
  id: string;
  email: string;
  name: string;
  /** A hash. */
  password: string;
}

/** The newest sign-up of an address that has this password, or `null`. */
export async function passwordOfSignUp(
  prisma: PrismaClient,
  { context }: AuthContext,
  email: string,
  password: string,
): Promise<StoredSignUp | null> {
  for (const signUp of await prisma.signUp.findMany({ where: { email }, orderBy: { createdAt: 'desc' } })) {
    if (await context.password.verify({ hash: signUp.password, password })) return signUp;
  }
  return null;
}

/**
 * Makes the person of a sign-up whose address is confirmed. The other sign-ups of the address are void, and so is all that
 * an unconfirmed user of it had to sign in with: such as one of another service that did not confirm the address.
 *
 * @returns `null` when somebody else has just done it
 */
export async function confirmSignUp(prisma: PrismaClient, { id, email, name, password }: StoredSignUp) {
  try {
    return await prisma.$transaction(async (tx) => {
      const { count } = await tx.signUp.deleteMany({ where: { email } });
      if (count === 0) return null;
      const unconfirmed = await tx.user.findUnique({ where: { email } });
      if (unconfirmed?.emailVerified) return null;
      const userId = unconfirmed?.id ?? id;
      await tx.session.deleteMany({ where: { userId } });
      await tx.credential.deleteMany({ where: { userId } });
      await tx.twoFactor.deleteMany({ where: { userId } });
      await tx.apiKey.deleteMany({ where: { userId } });
      const user = await tx.user.upsert({
        where: { id: userId },
        create: { id: userId, email, name, emailVerified: true },
        update: { name, image: null, emailVerified: true, twoFactorEnabled: false },
      });
      await tx.credential.create({
        data: { id: `${userId}-password`, accountId: userId, providerId: 'credential', userId, password },
      });
      return user;
    });
  } catch (error) {
    // Two links of one address at once.
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return null;
    throw error;
  }
}
