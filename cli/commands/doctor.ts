import { Command } from 'commander';
import { examine } from '#platform/doctor.ts';
import type { DoctorCheck, Finding } from '#platform/doctor-check.ts';
import { stateFolder } from '../state-folder.ts';

const MARKS: Record<Finding, string> = { ok: '✓', provided: '→', soon: '!', missing: '✗' };

/** `leasehold doctor`: what is there, what is missing, and what to do. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Show what is there, what is missing and the ways out. Exit status 1 when something is missing.')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const checks = await examine(stateFolder(process.env), process.env);
      console.log(json ? JSON.stringify({ checks }, null, 2) : checks.map(line).join('\n'));
      if (checks.some(({ finding }) => finding === 'missing')) process.exitCode = 1;
    });
}

function line({ name, finding, detail, waysOut }: DoctorCheck): string {
  const first = `${MARKS[finding]} ${name.padEnd(9)} ${detail}`;
  return finding === 'ok' || !waysOut ? first : `${first}\n${indented(waysOut)}`;
}

function indented(waysOut: string): string {
  return waysOut
    .split('\n')
    .map((each) => `  ${' '.repeat(9)} ${each}`)
    .join('\n');
}
