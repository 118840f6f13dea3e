import { randomUUID } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { accountView, extendGrace } from '#workflows/subscription/messages.ts';
import { withAccountWorkflow } from '../account-workflow.ts';
import { textArgument } from '../text-argument.ts';

/** `leasehold extend-grace`: for support, more time to pay. */
export function extendGraceCommand(): Command {
  return new Command('extend-grace')
    .description('Put off the day on which an account that owes is suspended, and all that follows it.')
    .argument('<account>', 'id of the account, for example demo', textArgument('id', 'The id'))
    .requiredOption('--days <n>', 'whole days', wholeNumber)
    .requiredOption(
      '--reason <text>',
      'why; it is on record, and the customer is told',
      textArgument('reason', '--reason'),
    )
    .action((accountId: string, { days, reason }: { days: number; reason: string }) =>
      withAccountWorkflow(accountId, async (workflow) => {
        await workflow.executeUpdate(extendGrace, { args: [{ commandId: `cli/${randomUUID()}`, days, reason }] });
        const { upcoming } = await workflow.query(accountView);
        const suspendAt = upcoming.find(({ kind }) => kind === 'suspend')?.at;
        console.log(
          `Account ${accountId}: ${days} more days. It is suspended on ${suspendAt} unless it is paid before.`,
        );
      }),
    );
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
