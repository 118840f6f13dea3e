import { renameSync, writeFileSync } from 'node:fs';

const RENEW_EVERY_MS = 2000;
const VALID_SECONDS = 10;

/**
 * Keeps a file that holds the Unix second until which this process counts as healthy. It is renewed while `isHealthy`
 * resolves to true; a process that hangs or ends stops renewing it.
 */
export function keepHealthFile(file, isHealthy, log) {
  const renew = async () => {
    if (!(await isHealthy())) return;
    const until = Math.floor(Date.now() / 1000) + VALID_SECONDS;
    try {
      writeFileSync(`${file}.new`, `${until}\n`);
      renameSync(`${file}.new`, file);
    } catch (error) {
      log({ level: 'error', event: 'health-file-failed', error: String(error) });
    }
  };
  setInterval(renew, RENEW_EVERY_MS).unref();
  void renew();
}
