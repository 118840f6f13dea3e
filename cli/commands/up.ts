import { Command, InvalidArgumentError } from 'commander';
import { PART_NAMES, type PartName } from '#platform/part.ts';
import { type Platform, startPlatform } from '#platform/start.ts';
import { addressTable } from '../address-table.ts';
import { createProgressLines } from '../progress-lines.ts';
import { stateFolder } from '../state-folder.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice when npm passes on what the terminal has sent us already. */
const SAME_SIGNAL_MS = 1_000;

/** `leasehold up`: everything on this machine, until Ctrl-C. */
export function upCommand(): Command {
  return new Command('up')
    .description('Start everything on this machine; Ctrl-C stops it. What has an address set is not started.')
    .option(
      '--without <part>',
      `leave a part out (may be repeated): ${PART_NAMES.join(', ')}. Without the simulator and without a STRIPE_SECRET_KEY billing is off`,
      leaveOut,
    )
    .addHelpText('after', '\nSettings are read from the environment and from .env; see .env.example.')
    .action(async ({ without = [] }: { without?: PartName[] }) => {
      const lines = createProgressLines(process.stdout);
      const startedAt = performance.now();
      let askedToStopAt: number | undefined;

      const platform = await startPlatform(
        { stateDir: stateFolder(process.env), without, ports: 'default', onProgress: lines.part, onNotice: lines.say },
        (starting) => stopOnSignal(starting),
      ).catch((error: unknown) => {
        lines.end();
        if (askedToStopAt === undefined) throw error;
        return null;
      });
      if (platform && askedToStopAt === undefined)
        lines.say(
          `\n${addressTable(platform)}\n\nUp after ${seconds(performance.now() - startedAt)}. Ctrl-C stops it.`,
        );

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
    });
}

function leaveOut(name: string, before: PartName[] = []): PartName[] {
  const part = PART_NAMES.find((each) => each === name);
  if (!part) throw new InvalidArgumentError(`There is no part ${name}.`);
  return [...before, part];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
