import type { TestProject } from 'vitest/node';
import { ensureChromium } from '#platform/chromium.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of the browser. */
    chromium: string;
  }
}

/** Finds the Chromium of the tests in a browser; Debian's is installed, once, when there is none and we are root. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('chromium', await ensureChromium(process.env, (sentence) => process.stderr.write(`${sentence}\n`)));
}
