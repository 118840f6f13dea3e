import type { PrismaClient } from '#prisma/client.ts';
import type { Auth } from '../auth/auth.ts';
import type { PostOffice } from '../auth/post-office.ts';
import type { RateLimits } from '../rate-limits.ts';

/** How many accounts that nobody pays for one person may own: the person's own and those of organisations together. */
export interface FreeAccountsPolicy {
  perPerson: number;
  /** Ids of the plans that nobody pays for. */
  planIds: readonly string[];
}

/** What the functions of this folder work with. None of them decides who may call it: that is `domain/access.ts`. */
export interface PeopleDeps {
  prisma: PrismaClient;
  auth: Auth;
  posts: PostOffice;
  limits: RateLimits;
  /** The origin that people open: links in mails lead there. */
  webOrigin: string;
  freeAccounts: FreeAccountsPolicy;
  /** Opens the account of an organisation that was made. */
  openAccountOf: (organisation: { organisationId: string; openedBy: string }) => Promise<unknown>;
}

export type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];
