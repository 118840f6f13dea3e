import { Command } from 'commander';
import { benchStart } from './start.ts';
import { benchWebhook } from './webhook.ts';
import { benchWorkspaces } from './workspaces.ts';

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

program
  .command('workspaces')
  .description('Workspaces started, listed, sampled, stopped and removed on a real engine, beside bare dockerode.')
  .option('--count <number>', 'workspaces of each side', Number, 30)
  .option('--concurrency <number>', 'started and stopped at once', Number, 4)
  .option('--looks <number>', 'how often all are listed and sampled', Number, 10)
  .option('--json', 'print the figures as JSON')
  .action(benchWorkspaces);

program
  .command('start')
  .description('How long `leasehold up` takes on an empty state folder, and on one that is there.')
  .option('--rounds <number>', 'starts on the state folder that is there', Number, 3)
  .option('--port-offset <number>', 'moves all ports', Number, 900)
  .option('--json', 'print the figures as JSON')
  .action(benchStart);

await program.parseAsync();
