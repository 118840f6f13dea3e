import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { PlatformError } from '#platform/platform-error.ts';
import { billingGuideCommand } from './commands/billing-guide.ts';
import { cardCommand } from './commands/card.ts';
import { catalogCommand } from './commands/catalog.ts';
import { doctorCommand } from './commands/doctor.ts';
import { entitlementsCommand } from './commands/entitlements.ts';
import { eventsCommand } from './commands/events.ts';
import { extendGraceCommand } from './commands/extend-grace.ts';
import { fastForwardCommand } from './commands/fast-forward.ts';
import { grantCommand } from './commands/grant.ts';
import { hostCommand } from './commands/host.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { storyCommand } from './commands/story.ts';
import { upCommand } from './commands/up.ts';

if (existsSync('.env')) process.loadEnvFile('.env');

const program = new Command('leasehold')
  .description('Subscriptions and the workspaces that live by them, on one machine or many.')
  .showHelpAfterError()
  .addCommand(upCommand())
  .addCommand(storyCommand())
  .addCommand(fastForwardCommand())
  .addCommand(cardCommand())
  .addCommand(entitlementsCommand())
  .addCommand(grantCommand())
  .addCommand(extendGraceCommand())
  .addCommand(eventsCommand())
  .addCommand(reconcileCommand())
  .addCommand(hostCommand())
  .addCommand(catalogCommand())
  .addCommand(billingGuideCommand())
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof PlatformError ? error.message : error);
  process.exitCode = 1;
}
