import { join, resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { loadCatalog } from '#catalogs/load.ts';
import { attachPlatform, type PlatformHandle } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { ROOT } from '#platform/root.ts';
import { startPlatform } from '#platform/start.ts';
import { stories } from '#stories/all-stories.ts';
import { replayAccount, replayReport } from '#stories/replay-histories.ts';
import type { StoryStep } from '#stories/story.ts';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { createProgressLines } from '../progress-lines.ts';
import { stateFolder } from '../state-folder.ts';

/** `leasehold story`: runs a promise about the future today, on the real parts, and prints its timeline. */
export function storyCommand(): Command {
  const disturbances = [...new Set(stories.flatMap((story) => Object.keys(story.disturbances)))];
  return new Command('story')
    .description('Play a story in virtual time on the real parts and check what Docker and Temporal say.')
    .addArgument(new Argument('<name>', 'which story').choices(stories.map((story) => story.name)))
    .addOption(new Option('--disturb <how>', 'what is done to the system meanwhile').choices(disturbances))
    .option('--catalog <file>', 'the product that it is played on, for example catalogs/2bot.yaml')
    .option('--json', 'print the result as JSON and nothing else')
    .addHelpText('after', `\n${explanation()}`)
    .action(async (name: string, { json = false, disturb, catalog }: StoryFlags) => {
      const story = stories.find((each) => each.name === name);
      if (!story) throw new Error(`There is no story ${name}.`);
      // With --json standard output holds the result alone.
      const lines = createProgressLines(json ? process.stderr : process.stdout);
      const { result, replayed } = await onPlatform(lines, catalog, async (platform) => {
        const result = await story.play({ platform, disturbance: disturb, onStep: (step) => lines.say(lineOf(step)) });
        const replayed = await replayAccount(platform.env, subscriptionWorkflowId(result.accountId));
        return { result, replayed };
      });
      lines.end();
      if (json) console.log(JSON.stringify(result, null, 2));
      else lines.say(result.passed ? `${name}: passed` : `${name}: FAILED\n${result.failures.join('\n')}`);
      if (!json) lines.say(replayReport(replayed));
      if (!result.passed || replayed.failures.length > 0) process.exitCode = 1;
    });
}

interface StoryFlags {
  json?: boolean;
  disturb?: string;
  catalog?: string;
}

/** Uses the platform that runs here, else starts one of its own for the time of the story, with the catalog asked for. */
async function onPlatform<T>(
  lines: ReturnType<typeof createProgressLines>,
  catalog: string | undefined,
  play: (platform: PlatformHandle) => Promise<T>,
): Promise<T> {
  // Refused before anything is started.
  const catalogId = catalog === undefined ? undefined : loadCatalog(catalog).id;
  const running = await attachPlatform(stateFolder(process.env));
  if (running) {
    const runs = running.env.LEASEHOLD_CATALOG ?? '';
    if (catalog !== undefined && resolve(ROOT, runs) !== resolve(catalog)) {
      throw new PlatformError(
        `The platform that runs here has the catalog ${runs}, and the story is to be played on ${catalog}. Stop it, or give the story a state folder of its own with LEASEHOLD_STATE.`,
      );
    }
    return await play(running);
  }
  const own = await startPlatform({
    stateDir: join(stateFolder(process.env), catalogId === undefined ? 'stories' : `stories-${catalogId}`),
    without: ['web', 'demo', 'temporal-ui'],
    ports: 'free',
    ...(catalog === undefined ? {} : { extraEnv: { LEASEHOLD_CATALOG: resolve(catalog) } }),
    onProgress: lines.part,
    onNotice: lines.say,
  });
  try {
    return await play({ ...own, parts: async () => own.parts() });
  } finally {
    await own.stop();
  }
}

function lineOf(step: StoryStep): string {
  const { status, memoryMb, cpus } = step.container;
  const day = step.day.toFixed(2).padStart(7);
  return `${step.at.slice(0, 16)}  day ${day}  ${step.standing.padEnd(10)} ${status.padEnd(8)} ${memoryMb} MB, ${cpus} CPU  ${step.what}`;
}

function explanation(): string {
  return stories
    .map((story) => {
      const list = Object.entries(story.disturbances).map(([name, text]) => `    --disturb ${name}: ${text}`);
      return [`  ${story.name}: ${story.summary}`, ...list].join('\n');
    })
    .join('\n');
}
