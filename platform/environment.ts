import { createHash } from 'node:crypto';
import { isProduction } from '#settings/production-mode.ts';
import { embeddedDatabaseUrl } from './parts/postgres.ts';
import type { Ports } from './ports.ts';
import type { Secrets } from './secrets.ts';

/** Settings that a person may give: theirs win over the embedded default's. */
const TAKEN_OVER = [
  'DATABASE_URL',
  'DOCKER_HOST',
  'SMTP_URL',
  'MAIL_FROM',
  'STRIPE_SECRET_KEY',
  'STRIPE_API_BASE',
  'STRIPE_WEBHOOK_SECRET',
  'BETTER_AUTH_SECRET',
  'LOG_LEVEL',
  'LEASEHOLD_MODE',
  'LEASEHOLD_CATALOG',
  'LEASEHOLD_CPU_OVERCOMMIT',
  'LEASEHOLD_CAPACITY_WARN_PERCENT',
  'LEASEHOLD_FREE_ACCOUNTS_PER_PERSON',
  'LEASEHOLD_FREE_SHARE_PERCENT',
  'LEASEHOLD_NEW_ORGANISATIONS_PER_HOUR',
  'LEASEHOLD_NEW_WORKSPACES_PER_HOUR',
  'LEASEHOLD_HOST_ID',
  'LEASEHOLD_HOST_LABELS',
  'LEASEHOLD_HOST_MEMORY_MB',
  'LEASEHOLD_HOST_CPU_PERCENT',
  'LEASEHOLD_INTERNAL_TOKEN',
  'LEASEHOLD_SUBNET_POOL',
  'LEASEHOLD_WEB_ORIGIN',
  'LEASEHOLD_WORKSPACE_IMAGE',
  'LEASEHOLD_DEMO_PASSWORD',
  'LEASEHOLD_TIME_SKIPPING',
];

export interface EmbeddedDefault {
  ports: Ports;
  secrets: Secrets;
  /** Where the simulator keeps its state. */
  stateDir: string;
  /** Whether the Stripe simulator is one of the parts. */
  withSimulator: boolean;
}

/**
 * The environment of all processes of the product. What `given` holds is taken over; the rest points at the embedded
 * parts. With a Stripe key of their own a person's API base and webhook secret are theirs too: none is made up. With
 * neither a key nor the simulator there is none: billing is off. In production mode there is no demo customer and time
 * can't be moved.
 *
 * @param given usually `process.env`; empty strings count as not set
 */
export function productEnvironment(
  { ports, secrets, stateDir, withSimulator }: EmbeddedDefault,
  given: Record<string, string | undefined>,
): Record<string, string> {
  const local = (port: number) => `http://127.0.0.1:${port}`;
  const takenOver = Object.entries(given).filter(
    ([name, value]) => value && (TAKEN_OVER.includes(name) || name.startsWith('TEMPORAL_')),
  ) as [string, string][];
  const simulator = {
    STRIPE_SECRET_KEY: secrets.stripeSecretKey,
    STRIPE_API_BASE: local(ports.simulator),
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    STRIPE_SIMULATOR_PORT: String(ports.simulator),
    STRIPE_SIMULATOR_FORWARD_TO: `${local(ports.api)}/api/v1/webhooks/stripe`,
    STRIPE_SIMULATOR_STATE: `${stateDir}/stripe-simulator.json`,
  };
  return {
    DATABASE_URL: embeddedDatabaseUrl({ ports, secrets }),
    TEMPORAL_NAMESPACE: 'leasehold',
    ...(given.TEMPORAL_ADDRESS
      ? {}
      : { TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`, LEASEHOLD_TEMPORAL_UI_URL: local(ports.temporalUi) }),
    ...(given.STRIPE_SECRET_KEY || !withSimulator ? {} : simulator),
    ...(given.SMTP_URL ? {} : { SMTP_URL: `smtp://127.0.0.1:${ports.smtp}`, LEASEHOLD_MAIL_URL: local(ports.mail) }),
    MAIL_FROM: 'Leasehold <billing@leasehold.test>',
    BETTER_AUTH_SECRET: secrets.betterAuthSecret,
    LOG_LEVEL: 'info',
    LEASEHOLD_CATALOG: 'catalogs/demo.yaml',
    LEASEHOLD_HOST_ID: 'local',
    LEASEHOLD_INSTALLATION: secrets.installationId,
    LEASEHOLD_SUBNET_POOL: subnetPool(secrets.installationId),
    LEASEHOLD_STORAGE_DIR: `${stateDir}/storage`,
    LEASEHOLD_INTERNAL_TOKEN: secrets.internalToken,
    LEASEHOLD_WORKSPACE_IMAGE: 'leasehold/workspace:dev',
    ...(isProduction(given) ? {} : { LEASEHOLD_DEMO_PASSWORD: secrets.demoPassword }),
    LEASEHOLD_TIME_SKIPPING: isProduction(given) ? '0' : '1',
    LEASEHOLD_WEB_ORIGIN: local(ports.web),
    LEASEHOLD_WEB_PORT: String(ports.web),
    LEASEHOLD_API_URL: local(ports.api),
    LEASEHOLD_API_PORT: String(ports.api),
    LEASEHOLD_WORKER_PORT: String(ports.worker),
    ...Object.fromEntries(takenOver),
  };
}

/** Two installations on one machine may have an engine each: their workspaces' networks must not overlap. */
function subnetPool(installationId: string): string {
  const spread = createHash('sha256').update(installationId).digest().readUInt8(0) % 64;
  return `10.${192 + spread}.0.0/16`;
}
