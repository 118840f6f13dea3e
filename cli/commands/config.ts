import { Command } from 'commander';
import { readConfiguration, type Setting } from '#platform/configuration.ts';
import { readSecrets } from '#platform/secrets.ts';
import { describeUnsafe } from '#settings/production-mode.ts';
import { describeUnknown } from '#settings/unknown-settings.ts';
import { stateFolder } from '../state-folder.ts';

const SOURCE_WIDTH = 11;

/** `leasehold config`: every setting with its value, where that comes from, and what it means. */
export function configCommand(fromFile: ReadonlySet<string>): Command {
  return new Command('config')
    .description('Show every setting with its value, source and meaning; secrets are masked. It changes nothing.')
    .option('--json', 'print them as JSON')
    .option('--set', 'only those that have a value')
    .action(({ json, set }: { json?: boolean; set?: boolean }) => {
      const stateDir = stateFolder(process.env);
      const secrets = readSecrets(stateDir);
      const { settings: all, unknown, unsafe } = readConfiguration({ given: process.env, fromFile, secrets, stateDir });
      const settings = set ? all.filter(({ value }) => value !== null) : all;
      if (json) console.log(JSON.stringify({ settings, unknown, unsafe }, null, 2));
      else {
        console.log(tableOf(settings));
        for (const each of unknown) console.log(`\n! ${describeUnknown(each)}`);
        if (unsafe.length > 0) console.log(`\n! ${describeUnsafe(unsafe)}`);
      }
      if (unknown.length + unsafe.length > 0) process.exitCode = 1;
    });
}

function tableOf(settings: readonly Setting[]): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map(({ name, value, source, meaning }) =>
      [
        `${name.padEnd(width)}  ${source.padEnd(SOURCE_WIDTH)}  ${value ?? '–'}`,
        `${' '.repeat(width + SOURCE_WIDTH + 4)}${meaning}`,
      ].join('\n'),
    )
    .join('\n');
}
