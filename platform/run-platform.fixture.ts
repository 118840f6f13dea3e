import type { PartName } from './part.ts';
import { startPlatform } from './start.ts';

/** A supervisor of its own for a test that kills it: `run-platform.fixture.ts STATE_DIR PART…`; says `up` when it is. */
const [stateDir = '', ...parts] = process.argv.slice(2);
await startPlatform({ stateDir, parts: parts as PartName[], ports: 'free' });
process.stdout.write('up\n');
