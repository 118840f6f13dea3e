import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import type { Override } from '#domain/entitlements.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { grantOverride, withdrawOverride } from '#workflows/subscription/messages.ts';
import { withAccountWorkflow } from '../account-workflow.ts';
import { textArgument } from '../text-argument.ts';

interface GrantFlags {
  reason: string;
  memoryMb?: number;
  cpuPercent?: number;
  storageMb?: number;
  workspaces?: number;
  limit?: Record<string, number>;
  feature?: Record<string, boolean | string>;
  until?: string;
  withdraw?: string;
}

/** `leasehold grant`: for support and scripts, something beside what an account has bought. */
export function grantCommand(): Command {
  return new Command('grant')
    .description('Give an account something beside what it bought, or take it back.')
    .argument('<account>', 'id of the account, for example demo', textArgument('id', 'The id'))
    .requiredOption('--reason <text>', 'why; it is on record', textArgument('reason', '--reason'))
    .option('--memory-mb <n>', 'added to the pool', wholeNumber)
    .option('--cpu-percent <n>', 'added to the pool; 100 is one core', wholeNumber)
    .option('--storage-mb <n>', 'added to the pool', wholeNumber)
    .option('--workspaces <n>', 'added to the number of workspaces', wholeNumber)
    .option('--limit <name=n>', 'in place of a limit; -1 is no limit; may be repeated', collectLimit)
    .option('--feature <name=value>', 'in place of a feature: on, off or a word; may be repeated', collectFeature)
    .option('--until <instant>', 'when it ends, for example 2026-03-08T00:00:00.000Z; default never')
    .option('--withdraw <id>', 'take back the grant of this id instead', textArgument('id', '--withdraw'))
    .action((accountId: string, flags: GrantFlags) => {
      const override = overrideOf(flags);
      if (flags.withdraw === undefined) refuseGivingNothing(override);
      return withAccountWorkflow(accountId, async (workflow) => {
        const commandId = `cli/${randomUUID()}`;
        if (flags.withdraw !== undefined) {
          await workflow.executeUpdate(withdrawOverride, { args: [{ commandId, overrideId: flags.withdraw }] });
          console.log(`Account ${accountId}: grant ${flags.withdraw} is withdrawn.`);
          return;
        }
        await workflow.executeUpdate(grantOverride, { args: [{ commandId, override }] });
        console.log(`Account ${accountId}: granted. To take it back: --withdraw ${override.id}`);
      });
    });
}

function refuseGivingNothing({ pool, limits, features, until }: Override): void {
  if (!pool && !limits && !features)
    throw new PlatformError(
      'Say what to give: --memory-mb, --cpu-percent, --storage-mb, --workspaces, --limit or --feature.',
    );
  // One that is no instant is the workflow's to refuse.
  if (until !== null && Date.parse(until) <= Date.now())
    throw new PlatformError(`--until ${until} is over: nothing would be given. Name an instant to come.`);
}

function overrideOf({ reason, until = undefined, limit, feature, ...flags }: GrantFlags): Override {
  const { memoryMb, cpuPercent, storageMb, workspaces } = flags;
  const pool = Object.fromEntries(
    Object.entries({ memoryMb, cpuPercent, storageMb, workspaces }).filter(([, value]) => value !== undefined),
  );
  return {
    id: `grant-${randomUUID().slice(0, 8)}`,
    reason,
    until: until ?? null,
    ...(Object.keys(pool).length > 0 ? { pool } : {}),
    ...(limit ? { limits: limit } : {}),
    ...(feature ? { features: feature } : {}),
  };
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

function collectLimit(text: string, before: Record<string, number> = {}): Record<string, number> {
  const [name, value] = pairOf(text);
  return { ...before, [name]: wholeNumber(value) };
}

function collectFeature(text: string, before: Record<string, boolean | string> = {}): Record<string, boolean | string> {
  const [name, value] = pairOf(text);
  return { ...before, [name]: value === 'on' ? true : value === 'off' ? false : value };
}

function pairOf(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (!name || !value) throw new InvalidArgumentError('Give name=value.');
  for (const each of [name, value]) textArgument('id', 'What is given')(each);
  return [name, value];
}
