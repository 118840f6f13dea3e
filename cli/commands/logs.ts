import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { lastLines } from '#platform/child.ts';
import { PART_NAMES } from '#platform/part.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { stateFolder } from '../state-folder.ts';

const LOOK_EVERY_MS = 250;
const CHUNK_BYTES = 64 * 1024;

/** `leasehold logs`: the end of a part's log, and what comes. */
export function logsCommand(): Command {
  return new Command('logs')
    .description('Print the end of the log of a part, or of the supervisor that runs in the background.')
    .addArgument(new Argument('<part>', 'which part').choices([...PART_NAMES, 'supervisor']))
    .option('-f, --follow', 'go on as it grows, until Ctrl-C')
    .option('-n, --lines <count>', 'how many lines', readCount, 50)
    .action(async (part: string, { follow, lines }: { follow?: boolean; lines: number }) => {
      const file = join(stateFolder(process.env), 'logs', `${part}.log`);
      if (!existsSync(file))
        throw new PlatformError(`${part} has no log yet (${file}): it has not been started as a process of its own.`);
      const position = statSync(file).size;
      const tail = lines === 0 ? '' : lastLines(file, lines);
      if (tail !== '') console.log(tail);
      if (follow) await print(file, position);
    });
}

/** Prints what is appended. A log that begins anew (it was moved aside) is read from its beginning. */
async function print(file: string, from: number): Promise<never> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let position = from;
  for (;;) {
    const log = existsSync(file) ? openSync(file, 'r') : undefined;
    if (log !== undefined) {
      if (fstatSync(log).size < position) position = 0;
      for (let read = readSync(log, chunk, 0, CHUNK_BYTES, position); read > 0; ) {
        process.stdout.write(chunk.subarray(0, read));
        position += read;
        read = readSync(log, chunk, 0, CHUNK_BYTES, position);
      }
      closeSync(log);
    }
    await delay(LOOK_EVERY_MS);
  }
}

function readCount(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('Give a number of lines, such as 200.');
  return Number(value);
}
