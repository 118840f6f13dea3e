import { setTimeout as delay } from 'node:timers/promises';
import type { PrismaClient } from '#prisma/client.ts';
import type { Logger } from '#telemetry/logger.ts';
import { DEMO_USER } from '../auth/ensure-demo-user.ts';
import type { AccountSummary, ListAccounts } from './list-accounts.ts';
import type { AccountOwner, OpenAccount } from './open-account.ts';

const OPENED_WITHIN_MS = 2_000;
const POLL_MS = 100;

/**
 * A person's accounts. One that is missing (the person's own, or an organisation's: a crash between, or Temporal was away)
 * is opened on the way; while it can't be had, `notice` tells the person so.
 */
export type EnsureAccounts = (userId: string) => Promise<{ accounts: AccountSummary[]; notice: string | null }>;

export function createEnsureAccounts(deps: {
  prisma: PrismaClient;
  log: Logger;
  listAccounts: ListAccounts;
  openAccount: OpenAccount;
}): EnsureAccounts {
  const { prisma, log, listAccounts, openAccount } = deps;

  async function ownersWithout(userId: string): Promise<AccountOwner[]> {
    const [own, organisations] = await Promise.all([
      prisma.account.count({ where: { userId } }),
      prisma.organisation.findMany({
        where: { account: null, members: { some: { userId } } },
        select: { id: true, members: { where: { role: 'owner' }, select: { userId: true }, take: 1 } },
      }),
    ]);
    return [
      // `npm start` opens the demo's.
      ...(own === 0 && userId !== DEMO_USER.id ? [{ userId }] : []),
      ...organisations.map(({ id, members }) => ({ organisationId: id, openedBy: members[0]?.userId ?? userId })),
    ];
  }

  return async (userId) => {
    const whose = { kind: 'user', id: userId } as const;
    const missing = await ownersWithout(userId);
    let opened: (string | null)[] = [];
    let hasFailed = false;
    try {
      opened = await Promise.all(missing.map((owner) => openAccount(owner)));
    } catch (err) {
      hasFailed = true;
      log.warn({ err, userId }, 'an account could not be opened; it is tried again at the next look');
    }
    const awaited = opened.filter((id) => id !== null);
    const giveUpAt = performance.now() + OPENED_WITHIN_MS;
    let accounts = await listAccounts(whose);
    const isThere = (id: string) => accounts.some(({ accountId }) => accountId === id);
    while (!awaited.every(isThere) && performance.now() < giveUpAt) {
      await delay(POLL_MS);
      accounts = await listAccounts(whose);
    }
    const isLate = hasFailed || !awaited.every(isThere);
    return { accounts, notice: isLate ? 'Your account is being opened. Look again in a moment.' : null };
  };
}
