import { createPrisma } from '#prisma/client.ts';
import { createFindTroubles } from '#support/find-troubles.ts';
import { TROUBLE_KINDS, TROUBLE_TITLES, type TroubleKind, type Troubles } from '#support/trouble.ts';
import { createLogger } from '#telemetry/logger.ts';
import { connectTemporal } from '#workflows/connection.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Accounts of a kind that are shown one by one. */
const MOST_SHOWN = 5;

/**
 * Accounts in trouble, a check for each kind that there is.
 *
 * @param env of the product that runs, or a person's own settings
 */
export async function examineAccounts(env: Record<string, string | undefined>): Promise<DoctorCheck[]> {
  if (!env.DATABASE_URL || !env.TEMPORAL_ADDRESS)
    return [{ name: 'accounts', finding: 'ok', detail: 'not looked at: nothing runs here' }];
  const prisma = createPrisma(env.DATABASE_URL, { maxConnections: 2 });
  try {
    const client = await connectTemporal(env);
    try {
      return checksOf(await createFindTroubles({ prisma, client, log: createLogger('doctor', 'silent') })());
    } finally {
      await client.connection.close();
    }
  } catch {
    return [
      {
        name: 'accounts',
        finding: 'missing',
        detail: 'could not be looked at: Temporal does not answer',
        waysOut: 'See "bin/leasehold status" and the log of Temporal.',
      },
    ];
  } finally {
    await prisma.$disconnect();
  }
}

/** One for each kind that there is, else one that says so. */
export function checksOf(troubles: Troubles): DoctorCheck[] {
  const checks = TROUBLE_KINDS.flatMap((kind) => checkOf(kind, troubles) ?? []);
  return checks.length > 0 ? checks : [{ name: 'accounts', finding: 'ok', detail: 'none is in trouble' }];
}

function checkOf(kind: TroubleKind, { found, counts }: Troubles): DoctorCheck | null {
  const count = counts[kind];
  const title = TROUBLE_TITLES[kind];
  if (count === 0) return null;
  if (count === null)
    return {
      name: 'accounts',
      finding: 'missing',
      detail: `${title}: could not be looked at`,
      waysOut: 'PostgreSQL or Temporal does not answer in time: see "bin/leasehold status".',
    };
  const rows = found.filter((each) => each.kind === kind);
  const shown = rows.slice(0, MOST_SHOWN);
  const lines = shown.flatMap(({ accountId, about, since, detail, cure }) => [
    `${accountId ?? about}${since === null ? '' : `, since ${since}`}: ${detail}`,
    `  ${cure}`,
  ]);
  const more = count > shown.length ? [`and ${count - shown.length} more: GET /support of the API lists them`] : [];
  return {
    name: 'accounts',
    finding: 'missing',
    detail: `${title}: ${count} (${shown.map(({ accountId, about }) => accountId ?? about).join(', ')}${count > shown.length ? ', …' : ''})`,
    waysOut: [...lines, ...more].join('\n'),
  };
}
