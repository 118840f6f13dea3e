import { join, resolve } from 'node:path';
import { ROOT } from '#platform/root.ts';

/** The state folder that commands work on: setting `LEASEHOLD_STATE`, default `.leasehold` in the root folder. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return env.LEASEHOLD_STATE ? resolve(env.LEASEHOLD_STATE) : join(ROOT, '.leasehold');
}
