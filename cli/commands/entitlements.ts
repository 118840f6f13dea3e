import { Command } from 'commander';
import type { AccountView } from '#domain/account-view.ts';
import { accountView } from '#workflows/subscription/messages.ts';
import { withAccountWorkflow } from '../account-workflow.ts';
import { textArgument } from '../text-argument.ts';

/** `leasehold entitlements`: what an account may use, each number with its reason. */
export function entitlementsCommand(): Command {
  return new Command('entitlements')
    .description('Show what an account may use, and why.')
    .argument('<account>', 'id of the account, for example demo', textArgument('id', 'The id'))
    .option('--json', 'print JSON')
    .action((accountId: string, { json = false }: { json?: boolean }) =>
      withAccountWorkflow(accountId, async (workflow) => {
        const view = await workflow.query(accountView);
        console.log(json ? JSON.stringify(view.entitlements, null, 2) : textOf(view));
      }),
    );
}

function textOf({ plan, standing, entitlements, addOns }: AccountView): string {
  const { pool, limits, features } = entitlements;
  const entries = (of: Record<string, { because: string } | undefined>) =>
    Object.entries(of).flatMap(([name, each]) => (each ? [`  ${name.padEnd(NAME_WIDTH)} ${each.because}`] : []));
  return [
    `${plan.name} (${plan.id}), ${standing}`,
    ...(addOns.length > 0 ? ['Add-ons:', ...addOns.map(({ name, quantity }) => `  ${quantity} × ${name}`)] : []),
    'Pool:',
    ...(pool ? entries(pool) : ['  no workspaces']),
    'Limits:',
    ...entries(limits),
    'Features:',
    ...entries(features),
  ].join('\n');
}

const NAME_WIDTH = 16;
