import { PlatformError } from './platform-error.ts';

const EXPLANATIONS: Record<string, (path: string) => string> = {
  ENOSPC: (path) =>
    `No space is left on the device${at(path)}: free some, or set LEASEHOLD_STATE (and LEASEHOLD_CACHE) to a folder elsewhere.`,
  EDQUOT: (path) =>
    `Your quota of disk space is used up${at(path)}: free some, or set LEASEHOLD_STATE (and LEASEHOLD_CACHE) to a folder elsewhere.`,
  EACCES: (path) =>
    `No permission to write${at(path)}: give it to this user (chown, chmod), or set LEASEHOLD_STATE (or LEASEHOLD_CACHE) to a folder of its own.`,
  EPERM: (path) =>
    `This user may not do that${at(path)}: give it the right, or set LEASEHOLD_STATE (or LEASEHOLD_CACHE) to a folder of its own.`,
  EROFS: (path) =>
    `The file system can only be read${at(path)}: set LEASEHOLD_STATE (or LEASEHOLD_CACHE) to a folder that can be written.`,
  EMFILE: () => 'Too many files are open: raise the limit (ulimit -n 4096) and start again.',
};

/** What the operating system refused, as a sentence with the ways out; any other error as it is. */
export function explainSystemError(error: unknown): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  const explain = code === undefined || error instanceof PlatformError ? undefined : EXPLANATIONS[code];
  return explain ? new PlatformError(explain(path ?? ''), { cause: error }) : error;
}

function at(path: string): string {
  return path && ` (${path})`;
}
