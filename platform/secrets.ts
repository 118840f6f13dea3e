import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PlatformError } from './platform-error.ts';
import { writePrivately } from './write-privately.ts';

const secretsSchema = z.object({
  /** Names this installation: on the labels of its containers. No secret, but as lasting as they are. */
  installationId: z.string(),
  postgresPassword: z.string(),
  betterAuthSecret: z.string(),
  internalToken: z.string(),
  stripeSecretKey: z.string(),
  stripeWebhookSecret: z.string(),
  demoPassword: z.string(),
});

/** What an installation makes up once and keeps. */
export type Secrets = z.infer<typeof secretsSchema>;

/**
 * The secrets of a state folder, or null when it has none yet.
 *
 * @throws PlatformError when they can't be read
 */
export function readSecrets(stateDir: string): Secrets | null {
  const path = join(stateDir, 'secrets.json');
  if (!existsSync(path)) return null;
  try {
    return secretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new PlatformError(
      `${path} is damaged: put it back from a backup, as the database's password is in it; or begin anew with "bin/leasehold reset".`,
    );
  }
}

/**
 * Reads the secrets of a state folder, or makes them and writes them there, readable by their owner only.
 *
 * @throws PlatformError when they can't be read
 */
export function ensureSecrets(stateDir: string): Secrets {
  const kept = readSecrets(stateDir);
  if (kept) return kept;
  const random = (bytes: number) => randomBytes(bytes).toString('hex');
  const secrets: Secrets = {
    installationId: randomUUID(),
    postgresPassword: random(24),
    betterAuthSecret: random(32),
    internalToken: random(32),
    stripeSecretKey: `sk_test_${random(24)}`,
    stripeWebhookSecret: `whsec_${random(24)}`,
    demoPassword: randomBytes(12).toString('base64url'),
  };
  writePrivately(join(stateDir, 'secrets.json'), JSON.stringify(secrets, null, 2));
  return secrets;
}
