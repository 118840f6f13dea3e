import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { planReset, type ResetItem, reset } from '#platform/reset.ts';
import { stateFolder } from '../state-folder.ts';

const SYSTEM_SOCKET = '/var/run/docker.sock';

/** `leasehold reset`: removes the state, after it has shown what goes and asked. */
export function resetCommand(): Command {
  return new Command('reset')
    .description('Remove the database, workspaces and secrets of this state folder. It shows what goes and asks.')
    .option('--yes', 'do not ask')
    .action(async ({ yes }: { yes?: boolean }) => {
      const stateDir = stateFolder(process.env);
      const input = { stateDir, given: process.env, dockerHost: await answeringEngine(process.env.DOCKER_HOST) };
      const { goes, stays } = await planReset(input);
      if (goes.length === 0) return console.log(`There is nothing to remove in ${stateDir}.`);
      console.log(`This is removed for good:\n${goes.map(lineOf).join('\n')}`);
      if (stays.length > 0) console.log(`\n${stays.join('\n')}`);
      if (!yes && !(await isAgreed())) return console.log('Nothing was removed.');
      await reset(input);
      console.log('Removed. The next start begins anew.');
    });
}

async function isAgreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new PlatformError('Nothing was removed: nobody can be asked without a terminal. Give --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question('\nRemove it? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

/** The engine that is not ours and answers; one of ours is in the state folder and goes with it. */
async function answeringEngine(given: string | undefined): Promise<string | undefined> {
  const address = given || (existsSync(SYSTEM_SOCKET) ? `unix://${SYSTEM_SOCKET}` : undefined);
  if (address === undefined) return undefined;
  return createDockerClient(address, { silenceMs: 3_000 })
    .ping()
    .then(
      () => address,
      () => undefined,
    );
}

function lineOf({ what, meaning, bytes }: ResetItem): string {
  return `  ${what}  (${meaning}${bytes === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`})`;
}
