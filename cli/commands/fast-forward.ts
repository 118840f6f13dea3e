import { Command, InvalidArgumentError } from 'commander';
import { addMs } from '#domain/time.ts';
import { TimeDriver } from '#stories/time-driver.ts';
import { withSimulatedCustomer } from '../simulated-customer.ts';
import { textArgument } from '../text-argument.ts';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `leasehold fast-forward`: lets time pass for one account, its workflow and its customer in the simulator together. */
export function fastForwardCommand(): Command {
  return new Command('fast-forward')
    .description('Let time pass for one account of the running platform (on the Stripe simulator).')
    .argument('<account>', 'id of the account, for example demo', textArgument('id', 'The id'))
    .argument('<duration>', 'how long: 90m, 12h, 31d', parseDuration)
    .action((accountId: string, durationMs: number) =>
      withSimulatedCustomer(accountId, async (customer) => {
        const driver = new TimeDriver({ ...customer, accountId });
        await customer.simulator.tick(customer.clockId, false);
        try {
          const from = await driver.now();
          await driver.moveTo(addMs(from, durationMs));
          await driver.nudge();
          console.log(`Account ${accountId}: from ${from} to ${await driver.now()}.`);
        } finally {
          await customer.simulator.tick(customer.clockId, true);
        }
      }),
    );
}

function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text) ?? [];
  if (!amount || !unit) throw new InvalidArgumentError('Give a number and a unit: 90m, 12h or 31d.');
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
