import { Command } from 'commander';
import { loopbackPastProxies } from '#platform/loopback-past-proxies.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { explainSystemError } from '#platform/system-error.ts';
import { billingGuideCommand } from './commands/billing-guide.ts';
import { cardCommand } from './commands/card.ts';
import { catalogCommand } from './commands/catalog.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { entitlementsCommand } from './commands/entitlements.ts';
import { eventsCommand } from './commands/events.ts';
import { extendGraceCommand } from './commands/extend-grace.ts';
import { fastForwardCommand } from './commands/fast-forward.ts';
import { grantCommand } from './commands/grant.ts';
import { logsCommand } from './commands/logs.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { resetCommand } from './commands/reset.ts';
import { statusCommand } from './commands/status.ts';
import { storyCommand } from './commands/story.ts';
import { upCommand } from './commands/up.ts';
import { loadEnvironmentFile } from './environment-file.ts';

const fromFile = loadEnvironmentFile();
// All that is started from here inherits it.
Object.assign(process.env, loopbackPastProxies(process.env));

const program = new Command('leasehold')
  .description('Subscriptions and the workspaces that live by them, on one machine or many.')
  .showHelpAfterError()
  .addCommand(upCommand())
  .addCommand(statusCommand())
  .addCommand(logsCommand())
  .addCommand(downCommand())
  .addCommand(resetCommand())
  .addCommand(storyCommand())
  .addCommand(fastForwardCommand())
  .addCommand(cardCommand())
  .addCommand(entitlementsCommand())
  .addCommand(grantCommand())
  .addCommand(extendGraceCommand())
  .addCommand(eventsCommand())
  .addCommand(reconcileCommand())
  .addCommand(catalogCommand())
  .addCommand(billingGuideCommand())
  .addCommand(configCommand(fromFile))
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  const explained = explainSystemError(error);
  console.error(explained instanceof PlatformError ? explained.message : explained);
  process.exitCode = 1;
}
