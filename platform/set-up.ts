import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { createLogger } from '#telemetry/logger.ts';
import { ensureNamespace } from './parts/temporal-namespace.ts';
import { ROOT } from './root.ts';

/** Brings a database and a Temporal namespace up to date, and ends: what `leasehold up` does for the parts of its own. */
const log = createLogger('set-up', 'info');
execFileSync(join(ROOT, 'bin/prisma'), ['migrate', 'deploy'], { stdio: 'inherit' });
const { connectionOptions, namespace = 'leasehold' } = loadClientConnectConfig();
await ensureNamespace(connectionOptions.address ?? '', namespace);
log.info({ namespace }, 'database and namespace are up to date');
