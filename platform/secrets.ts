import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
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

/** Reads the secrets at `path`, or makes them and writes them there, readable by their owner only. */
export function ensureSecrets(path: string): Secrets {
  if (existsSync(path)) return secretsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
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
  writePrivately(path, JSON.stringify(secrets, null, 2));
  return secrets;
}
