import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { startPlatform } from '#platform/start.ts';
import { TEST_PACE } from '#test/shared-engines.ts';
import { discardPlatform, makeStateFolder } from '#test/throwaway-platform.ts';
import { allMessages } from './messages.ts';
import { type Report, runHostile } from './run.ts';

interface Flags {
  count: number;
  seed: number;
  only?: number;
  accounts: number;
  concurrency: number;
  through?: 'routes' | 'messages';
}

const program = new Command('hostile')
  .description('Sends hostile texts and bodies through every route, Update and signal of a platform of its own.')
  .option('--count <n>', 'how many are sent', wholeNumber, 10_000)
  .option('--seed <n>', 'the same seed sends the same', wholeNumber, Math.floor(Math.random() * 1_000_000))
  .option('--only <n>', 'sends this one alone of those that the seed gives', wholeNumber)
  .option('--accounts <n>', 'accounts with a workspace each', wholeNumber, 4)
  .option('--concurrency <n>', 'under way at a time', wholeNumber, 8)
  .option('--through <doors>', '`routes` or `messages`; default both')
  .action(run);

await program.parseAsync();

async function run({ accounts, ...options }: Flags): Promise<void> {
  const note = (line: string) => process.stderr.write(`${line}\n`);
  const stateDir = makeStateFolder();
  note(`Seed ${options.seed}. A platform starts in ${stateDir} …`);
  const platform = await startPlatform({
    stateDir,
    ports: 'free',
    without: ['web', 'demo', 'temporal-ui'],
    extraEnv: { ...TEST_PACE, STRIPE_SIMULATOR_STATE: 'memory', LEASEHOLD_SUBNET_POOL: '10.190.0.0/16' },
    onNotice: note,
  });
  try {
    const report = await runHostile(platform.env, { ...options, accounts, note });
    process.stdout.write(tableOf(report, options.seed));
    process.stdout.write(logLinesOf(report, join(stateDir, 'logs', 'api.log')));
    if (report.failures.length > 0) process.exitCode = 1;
  } finally {
    await discardPlatform(platform, stateDir);
  }
}

function tableOf({ answers, failures, compared, aftermath }: Report, seed: number): string {
  const rows = [...answers]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([door, counts]) => {
      const each = [...counts].sort(([one], [other]) => one.localeCompare(other));
      return `${door.padEnd(66)} ${each.map(([answer, count]) => `${answer} × ${count}`).join(', ')}`;
    });
  const found = failures.map(
    ({ index, what, sent }) =>
      `FAILED ${index === null ? '' : `(--seed ${seed} --only ${index}) `}${what}${sent ? `\n       sent ${sent}` : ''}`,
  );
  return `${[
    ...rows,
    `${allMessages().length} Updates and signals, ${rows.length} doors reached. ${compared} lawful names were stored as they were sent.`,
    `${aftermath.runs} runs of workflows read. ${aftermath.ran} workspaces ran before the hold; ${aftermath.held} stand still after it.`,
    ...found,
    `Seed ${seed}: ${failures.length} failures.`,
  ].join('\n')}\n`;
}

/** What the API logged of requests that failed: the log goes with the platform. */
function logLinesOf({ failures }: Report, logFile: string): string {
  const ids = failures.flatMap(({ what }) => /"requestId":"([\w-]+)"/.exec(what)?.[1] ?? []);
  if (ids.length === 0 || !existsSync(logFile)) return '';
  const lines = readFileSync(logFile, 'utf8').split('\n');
  return ids.map((id) => `${lines.find((line) => line.includes(id)) ?? `${id}: not logged`}\n`).join('');
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
