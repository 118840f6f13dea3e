import { z } from 'zod';

/** What `read` returns. A setting that is wrong ends the process with status 1 and a sentence for each, without a stack. */
export function readOrEnd<Settings>(read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    const said = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error;
    process.stderr.write(`${said}\n`);
    process.exit(1);
  }
}
