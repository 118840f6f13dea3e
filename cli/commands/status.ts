import { join } from 'node:path';
import { Command } from 'commander';
import { attachPlatform } from '#platform/attach.ts';
import type { PartState, PartStatus } from '#platform/part.ts';
import { isAlive } from '#platform/process-identity.ts';
import { readRunRecord } from '#platform/run-record.ts';
import { stateFolder } from '../state-folder.ts';

const FINE: readonly PartState[] = ['running', 'done', 'external', 'left-out'];

/** `leasehold status`: what runs on this state folder. Exit status 1 when nothing does, or a part is not there. */
export function statusCommand(): Command {
  return new Command('status')
    .description('Show each part: how it is, since when, its log. Exit status 1 when something is not there.')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const stateDir = stateFolder(process.env);
      const record = readRunRecord(stateDir);
      const platform = await attachPlatform(stateDir);
      const parts = platform ? await platform.parts() : [];
      const left = record && !platform ? leftOver(record.parts) : [];
      const upSince = platform ? (record?.upSince ?? null) : null;
      if (json) console.log(JSON.stringify({ running: platform !== null, stateDir, upSince, parts, left }, null, 2));
      else if (platform) {
        console.log(`${upSince ? `Up since ${upSince}` : 'Starting'}, state in ${stateDir}.`);
        for (const part of parts) console.log(lineOf(part, stateDir));
      } else {
        console.log(`Nothing runs on ${stateDir}. "npm start" or "bin/leasehold up --detach" starts it.`);
        if (left.length > 0)
          console.log(
            `A run that was killed left ${left.join(', ')}: the next start ends them, or "bin/leasehold down".`,
          );
      }
      if (!platform || parts.some(({ state }) => !FINE.includes(state))) process.exitCode = 1;
    });
}

function leftOver(parts: Record<string, { pid: number; startedAt: string }>): string[] {
  return Object.entries(parts).flatMap(([name, identity]) =>
    isAlive(identity) ? [`${name} (pid ${identity.pid})`] : [],
  );
}

function lineOf({ name, state, detail = '', pid, restarts, tookMs }: PartStatus, stateDir: string): string {
  const notes = [
    ...(detail ? [detail.split('\n')[0]] : []),
    ...(pid === undefined ? [] : [`pid ${pid}`]),
    ...(tookMs === undefined ? [] : [`took ${(tookMs / 1000).toFixed(1)} s`]),
    ...(restarts > 0 ? [`started again ${restarts} times`] : []),
    ...(pid === undefined ? [] : [join(stateDir, 'logs', `${name}.log`)]),
  ];
  return `  ${name.padEnd(15)}  ${state.padEnd(10)}  ${notes.join(' · ')}`;
}
