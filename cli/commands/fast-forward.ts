import { Command, InvalidArgumentError } from 'commander';
import { createStripe } from '#activities/stripe-client.ts';
import { addMs } from '#domain/time.ts';
import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { createPrisma } from '#prisma/client.ts';
import { SimulatorControl } from '#stories/simulator-control.ts';
import { TimeDriver } from '#stories/time-driver.ts';
import { connectTemporal } from '#workflows/connection.ts';
import { stateFolder } from '../state-folder.ts';

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `leasehold fast-forward`: lets time pass for one account, its workflow and its customer in the simulator together. */
export function fastForwardCommand(): Command {
  return new Command('fast-forward')
    .description('Let time pass for one account of the running platform (on the Stripe simulator).')
    .argument('<account>', 'id of the account, for example demo')
    .argument('<duration>', 'how long: 90m, 12h, 31d', parseDuration)
    .action(async (accountId: string, durationMs: number) => {
      const platform = await attachPlatform(stateFolder(process.env));
      if (!platform) throw new PlatformError('Nothing runs here. Start it with `npm start`, then try again.');
      const { env } = platform;
      const base = env.STRIPE_API_BASE;
      if (!base) throw new PlatformError('Time can be moved on the Stripe simulator only; a Stripe key is set.');
      const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 1 });
      const client = await connectTemporal(env);
      try {
        const account = await prisma.account.findUnique({ where: { id: accountId } });
        if (!account?.stripeCustomerId)
          throw new PlatformError(`There is no account ${accountId} with a customer at Stripe.`);
        const customer = await createStripe(env.STRIPE_SECRET_KEY ?? '', base).customers.retrieve(
          account.stripeCustomerId,
        );
        const clock = customer.deleted ? null : customer.test_clock;
        const clockId = typeof clock === 'string' ? clock : clock?.id;
        if (!clockId)
          throw new PlatformError(
            `The customer of account ${accountId} is not on a test clock; its time can't be moved.`,
          );

        const simulator = new SimulatorControl(base);
        const driver = new TimeDriver({
          client,
          prisma,
          simulator,
          accountId,
          stripeCustomerId: account.stripeCustomerId,
          clockId,
        });
        await simulator.tick(clockId, false);
        try {
          const from = await driver.now();
          await driver.moveTo(addMs(from, durationMs));
          await driver.nudge();
          console.log(`Account ${accountId}: from ${from} to ${await driver.now()}.`);
        } finally {
          await simulator.tick(clockId, true);
        }
      } finally {
        await client.connection.close();
        await prisma.$disconnect();
      }
    });
}

function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text) ?? [];
  if (!amount || !unit) throw new InvalidArgumentError('Give a number and a unit: 90m, 12h or 31d.');
  return Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
}
