import { Command } from 'commander';
import { benchWebhook } from './webhook.ts';

const program = new Command('bench').description(
  'Measurements on the real parts, each beside a baseline in the same run.',
);

program
  .command('webhook')
  .description(
    'Webhooks accepted a second beside Hono + constructEvent + a bare shared INSERT, and the time to the signal.',
  )
  .option('--rounds <number>', 'rounds of each side', Number, 5)
  .option('--events <number>', 'events in a round', Number, 8_000)
  .option('--concurrency <number>', 'requests under way at once', Number, 64)
  .option('--json', 'print the figures as JSON')
  .action(benchWebhook);

await program.parseAsync();
