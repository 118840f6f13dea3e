import { rmSync } from 'node:fs';
import { Command } from 'commander';
import { attachPlatform } from '#platform/attach.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { poll } from '#platform/poll.ts';
import { isAlive, signalProcess } from '#platform/process-identity.ts';
import { endOrphans, readRunRecord, runRecordPath } from '#platform/run-record.ts';
import { createProgressLines } from '../progress-lines.ts';
import { stateFolder } from '../state-folder.ts';

/** Parts are given up to 30 s each, one group after another. */
const DOWN_WITHIN_MS = 180_000;

/** `leasehold down`: stops what runs on this state folder, in order, wherever it was started. */
export function downCommand(): Command {
  return new Command('down')
    .description('Stop what runs here, in order. The next start finds everything again.')
    .action(async () => {
      const stateDir = stateFolder(process.env);
      const record = readRunRecord(stateDir);
      if (!record) return console.log(`Nothing runs on ${stateDir}.`);
      if (!isAlive(record.supervisor)) {
        const ended = await endOrphans(record);
        rmSync(runRecordPath(stateDir), { force: true });
        const what =
          ended.length > 0 ? `Ended what a run that was killed left: ${ended.join(', ')}.` : 'Nothing of it lives.';
        return console.log(`The supervisor was gone. ${what}`);
      }
      const lines = createProgressLines(process.stdout);
      signalProcess(record.supervisor, 'SIGTERM', 'process');
      const isGone = async () => {
        if (!isAlive(record.supervisor)) return true;
        for (const part of (await (await attachPlatform(stateDir))?.parts()) ?? [])
          if (part.state === 'stopped') lines.part(part);
        return false;
      };
      const isDown = await poll(isGone, { timeoutMs: DOWN_WITHIN_MS, everyMs: 100 });
      lines.end();
      if (!isDown)
        throw new PlatformError(
          `It has not stopped within ${DOWN_WITHIN_MS / 1000} s: see "bin/leasehold status", or end pid ${record.supervisor.pid}.`,
        );
      console.log('Stopped. The next start finds everything again.');
    });
}
