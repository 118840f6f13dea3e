import { Command } from 'commander';
import { attachPlatform } from '#platform/attach.ts';
import { PART_NAMES, type PartName } from '#platform/part.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { type Platform, startPlatform } from '#platform/start.ts';
import { createLogDestination } from '#telemetry/log-destination.ts';
import { outliveOutput } from '#telemetry/outlive-losses.ts';
import { addressTable } from '../address-table.ts';
import { startDetached } from '../detached-start.ts';
import { readPartNames, withNeeds } from '../part-names.ts';
import { createProgressLines, type ProgressLines } from '../progress-lines.ts';
import { stateFolder } from '../state-folder.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice when npm passes on what the terminal has sent us already. */
const SAME_SIGNAL_MS = 1_000;

interface UpFlags {
  detach?: boolean;
  only?: PartName[];
  without?: PartName[];
}

/** `leasehold up`: everything on this machine, until Ctrl-C, or in the background. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start everything on this machine; Ctrl-C stops it. What has an address set is not started.')
    .option('-d, --detach', 'run in the background: see it with "status" and "logs", stop it with "down"')
    .option('--only <parts>', 'these parts, with what they need, such as worker,api', readPartNames)
    .option(
      '--without <parts>',
      'all but these; what needs them takes them as there. Without the simulator and a STRIPE_SECRET_KEY billing is off',
      readPartNames,
    )
    .addHelpText('after', `\nParts: ${PART_NAMES.join(', ')}.`)
    .addHelpText('after', 'Settings are read from the environment and from .env; "bin/leasehold config" shows them.')
    .action(async (flags: UpFlags) => {
      const lines = createProgressLines(output());
      if (flags.detach) await inBackground(flags, lines);
      else await inForeground(flags, lines);
    });
}

/** A terminal, or a log: that of a start in the background may lie on a disk that is full one day. */
function output(): Parameters<typeof createProgressLines>[0] {
  outliveOutput();
  if (process.stdout.isTTY) return process.stdout;
  const log = createLogDestination(({ lines, since, reason }) => `${lines} lines were lost since ${since}: ${reason}.`);
  return {
    isTTY: false,
    columns: 0,
    write: (text: string) => {
      log.write(text);
      return true;
    },
  };
}

/** What nobody waited for is said, and the supervisor goes on: all that runs here would go with it. */
function outliveFaults(lines: ProgressLines): void {
  const say = (error: unknown) =>
    lines.say(`The supervisor goes on after a fault: ${error instanceof Error ? error.stack : error}`);
  process.on('uncaughtException', say);
  process.on('unhandledRejection', say);
}

async function inForeground({ only, without }: UpFlags, lines: ProgressLines): Promise<void> {
  const startedAt = performance.now();
  let askedToStopAt: number | undefined;

  const platform = await startPlatform(
    {
      stateDir: stateFolder(process.env),
      ports: 'default',
      ...(only ? { parts: withNeeds(only) } : {}),
      ...(without ? { without } : {}),
      onProgress: lines.part,
      onNotice: lines.say,
    },
    (starting) => stopOnSignal(starting),
  ).catch((error: unknown) => {
    lines.end();
    if (askedToStopAt === undefined) throw error;
    return null;
  });
  if (platform) outliveFaults(lines);
  if (platform && askedToStopAt === undefined)
    lines.say(`\n${addressTable(platform)}\n\nUp after ${seconds(startedAt)}. Ctrl-C stops it.`);

  const failure = platform ? await platform.ended : null;
  lines.end();
  if (failure) throw failure;
  console.log('Stopped. The next start finds everything again.');

  function stopOnSignal(starting: Platform): void {
    for (const signal of SIGNALS)
      process.on(signal, () => {
        const now = performance.now();
        if (askedToStopAt === undefined) {
          askedToStopAt = now;
          lines.say('\nStopping… (again to force)');
          void starting.stop();
        } else if (now - askedToStopAt > SAME_SIGNAL_MS) {
          lines.say('Forced.');
          void starting.kill().finally(() => process.exit(130));
        }
      });
  }
}

async function inBackground({ only, without }: UpFlags, lines: ProgressLines): Promise<void> {
  const startedAt = performance.now();
  const stateDir = stateFolder(process.env);
  if (await attachPlatform(stateDir)) throw new PlatformError(`Leasehold already runs on ${stateDir}.`);
  const args = [...(only ? ['--only', only.join()] : []), ...(without ? ['--without', without.join()] : [])];
  try {
    await startDetached(stateDir, args, lines);
  } finally {
    lines.end();
  }
  const platform = await attachPlatform(stateDir);
  if (!platform) throw new PlatformError('It came up and ended at once: see "bin/leasehold logs supervisor".');
  const parts = await platform.parts();
  lines.say(
    `\n${addressTable({ env: platform.env, parts: () => parts })}\n\nUp after ${seconds(startedAt)}. "bin/leasehold down" stops it.`,
  );
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
