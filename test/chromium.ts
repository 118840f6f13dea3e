import { ensureChromium } from '#platform/chromium.ts';

/** Path of the Chromium that the tests in a browser use; Debian's is installed when there is none and we are root. */
export function findChromium(): string {
  return ensureChromium(process.env, (sentence) => process.stderr.write(`${sentence}\n`));
}
