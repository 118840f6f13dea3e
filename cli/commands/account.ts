import type { Client } from '@temporalio/client';
import { Command } from 'commander';
import { PlatformError } from '#platform/platform-error.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { accountLines } from '#support/account-lines.ts';
import { inspectAccount } from '#support/inspect-account.ts';
import { repairAccount } from '#support/repair-account.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { runningProduct } from '../running-product.ts';

/** `leasehold account`: for support, how an account and its workflow are, and what brings them back. */
export function accountCommand(): Command {
  return new Command('account')
    .description('How an account and its workflow are, and what brings them back.')
    .addCommand(
      new Command('show')
        .description(
          "An account's state, its workflow, its next deadline, and why its workflow's tasks fail if they do.",
        )
        .argument('<account>', 'id of the account, for example demo')
        .action((accountId: string) => onEngines((engines) => show(engines, accountId))),
    )
    .addCommand(
      new Command('repair')
        .description(
          'Bring an account back whose workflow is gone or fails: says what is wrong and what it does, begins a fresh run ' +
            'from PostgreSQL, and sends again what was accepted and not saved. Harmless to an account that is well.',
        )
        .argument('<account>', 'id of the account, for example demo')
        .option('--dry-run', 'only say what would be done; exit status 1 when there is something')
        .action((accountId: string, { dryRun = false }: { dryRun?: boolean }) =>
          onEngines(async (engines) => {
            const isWell = await repairAccount({ ...engines, tell: (each) => console.log(each) }, accountId, dryRun);
            if (!isWell) process.exitCode = 1;
          }),
        ),
    )
    .addCommand(
      new Command('settle')
        .description('Note that what was set aside of an account has been dealt with.')
        .argument('<account>', 'id of the account, for example demo')
        .action((accountId: string) => onEngines((engines) => settle(engines, accountId))),
    );
}

/** A little more than `repairAccount` takes at the most. */
const REPAIR_MS = 310_000;

interface Engines {
  prisma: PrismaClient;
  client: Client;
}

async function onEngines(use: (engines: Engines) => Promise<void>): Promise<void> {
  const env = await runningProduct(['DATABASE_URL', 'TEMPORAL_ADDRESS']);
  const prisma = createPrisma(env.DATABASE_URL, {
    maxConnections: 3,
    // A repair waits for another one of the same account.
    deadlines: { connectMs: 30_000, statementMs: 30_000, answerMs: REPAIR_MS },
  });
  const client = await connectTemporal(env);
  try {
    await use({ prisma, client });
  } finally {
    await client.connection.close();
    await prisma.$disconnect();
  }
}

async function show(engines: Engines, accountId: string): Promise<void> {
  const report = await inspectAccount(engines, accountId);
  if (!report.stored && !report.run && !report.deletedAt)
    throw new PlatformError(`There is no account ${accountId}: neither PostgreSQL nor Temporal knows it.`);
  console.log(accountLines(report).join('\n'));
}

async function settle({ prisma }: Engines, accountId: string): Promise<void> {
  const { count } = await prisma.setAside.updateMany({
    where: { accountId, settledAt: null },
    data: { settledAt: new Date() },
  });
  if (count === 0) throw new PlatformError(`Nothing of account ${accountId} is set aside.`);
  console.log(`${count === 1 ? 'One part' : `${count} parts`} of account ${accountId} settled.`);
}
