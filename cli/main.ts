import { Command } from 'commander';
import { loopbackPastProxies } from '#platform/loopback-past-proxies.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { explainSystemError } from '#platform/system-error.ts';
import { loadEnvironmentFile } from './environment-file.ts';

const fromFile = loadEnvironmentFile();
// All that is started from here inherits it.
Object.assign(process.env, loopbackPastProxies(process.env));

/** Each command is loaded when it is asked for: the clients that some of them need take a second. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  up: async () => (await import('./commands/up.ts')).upCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  logs: async () => (await import('./commands/logs.ts')).logsCommand(),
  down: async () => (await import('./commands/down.ts')).downCommand(),
  reset: async () => (await import('./commands/reset.ts')).resetCommand(),
  story: async () => (await import('./commands/story.ts')).storyCommand(),
  'fast-forward': async () => (await import('./commands/fast-forward.ts')).fastForwardCommand(),
  card: async () => (await import('./commands/card.ts')).cardCommand(),
  account: async () => (await import('./commands/account.ts')).accountCommand(),
  entitlements: async () => (await import('./commands/entitlements.ts')).entitlementsCommand(),
  grant: async () => (await import('./commands/grant.ts')).grantCommand(),
  'extend-grace': async () => (await import('./commands/extend-grace.ts')).extendGraceCommand(),
  events: async () => (await import('./commands/events.ts')).eventsCommand(),
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand(),
  host: async () => (await import('./commands/host.ts')).hostCommand(),
  catalog: async () => (await import('./commands/catalog.ts')).catalogCommand(),
  'billing-guide': async () => (await import('./commands/billing-guide.ts')).billingGuideCommand(),
  images: async () => (await import('./commands/images.ts')).imagesCommand(),
  config: async () => (await import('./commands/config.ts')).configCommand(fromFile),
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand(),
};

const program = new Command('leasehold')
  .description('Subscriptions and the workspaces that live by them, on one machine or many.')
  .showHelpAfterError();
const asked = COMMANDS[process.argv[2] ?? ''];
// Without a known one, help and the error name all.
for (const load of asked ? [asked] : Object.values(COMMANDS)) program.addCommand(await load());

try {
  await program.parseAsync();
} catch (error) {
  const explained = explainSystemError(error);
  console.error(explained instanceof PlatformError ? explained.message : explained);
  process.exitCode = 1;
}
