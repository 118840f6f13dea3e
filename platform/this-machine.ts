import { PlatformError } from './platform-error.ts';

/**
 * Refuses what `leasehold up` can't run on, with the ways out.
 *
 * @param platform as `process.platform` has it
 * @throws PlatformError
 */
export function requireLinux(platform: string): void {
  if (platform === 'linux') return;
  const here = platform === 'darwin' ? 'macOS' : platform === 'win32' ? 'Windows' : platform;
  throw new PlatformError(
    [
      `"leasehold up" runs its parts on Linux, and this is ${here}. Two ways out:`,
      '  - run it in a Linux virtual machine or container (Lima, Multipass, WSL 2) with Node.js 20.19 or newer and Go 1.26;',
      '  - or run everything in containers with Docker Compose: docs/compose.md.',
    ].join('\n'),
  );
}
