import { createHmac, randomUUID } from 'node:crypto';
import type { PrismaClient } from '#prisma/client.ts';
import { until } from '#stories/until.ts';

const OPENS_WITHIN_MS = 60_000;
const DAY_MS = 86_400_000;

/** A person with a session and an account with a workspace, made for this run. */
export interface Victim {
  userId: string;
  accountId: string;
  workspaceId: string;
  /** An organisation of theirs, with an account. */
  organisationId: string;
  organisationAccountId: string;
  /** What ends accounts, workspaces and memberships goes to these alone; the others are to be whole at the end. */
  isSacrificed: boolean;
  cookie: string;
}

export interface VictimDeps {
  env: Record<string, string>;
  prisma: PrismaClient;
}

/** Opens so many accounts with a running workspace; the first is sacrificed. */
export async function openVictims(deps: VictimDeps, count: number): Promise<Victim[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => openVictim(deps, index === 0)));
}

async function openVictim(deps: VictimDeps, isSacrificed: boolean): Promise<Victim> {
  const { env, prisma } = deps;
  const userId = `hostile-${randomUUID().slice(0, 8)}`;
  await prisma.user.create({
    data: { id: userId, name: 'Victim', email: `${userId}@leasehold.test`, emailVerified: true },
  });
  const cookie = await newSession(deps, userId);
  const headers = { cookie, origin: env.LEASEHOLD_WEB_ORIGIN ?? '', 'content-type': 'application/json' };
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${env.LEASEHOLD_API_URL}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  let accountId = '';
  await until(`the account of ${userId} to be open`, OPENS_WITHIN_MS, async () => {
    const { accounts } = (await ask('GET', '/api/v1/me')) as { accounts: { accountId: string }[] };
    accountId = accounts[0]?.accountId ?? '';
    return accountId !== '';
  });
  const made = await ask('POST', '/api/v1/organisations', { name: 'Hostile' });
  const organisationAccountId = String(made.accountId);
  await until(`the accounts of ${userId} to be stored`, OPENS_WITHIN_MS, async () => {
    const stored = await prisma.account.count({ where: { id: { in: [accountId, organisationAccountId] } } });
    return stored === 2 && (await prisma.workspace.count({ where: { accountId } })) > 0;
  });
  const { id: workspaceId } = await prisma.workspace.findFirstOrThrow({ where: { accountId } });
  return {
    ...{ userId, accountId, workspaceId, organisationId: String(made.organisationId), organisationAccountId },
    ...{ isSacrificed, cookie },
  };
}

/** The cookie of a new session, as the API would set it. */
export async function newSession({ env, prisma }: VictimDeps, userId: string): Promise<string> {
  const token = randomUUID();
  await prisma.session.create({
    data: { id: randomUUID(), token, userId, expiresAt: new Date(Date.now() + 6 * DAY_MS) },
  });
  const signature = createHmac('sha256', env.BETTER_AUTH_SECRET ?? '')
    .update(token)
    .digest('base64');
  return `leasehold.session_token=${encodeURIComponent(`${token}.${signature}`)}`;
}
