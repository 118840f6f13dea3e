import { z } from 'zod';
import { apiSettingsSchema } from '#api/settings.ts';
import { MEANINGS, type Meaning } from '#settings/meanings.ts';
import { isProduction, type UnsafeSetting, unsafeInProduction } from '#settings/production-mode.ts';
import { type UnknownSetting, unknownSettings } from '#settings/unknown-settings.ts';
import { simulatorSettingsSchema } from '#stripe-simulator/settings.ts';
import { webSettingsSchema } from '#web/settings.ts';
import { workerSettingsSchema } from '#worker/settings.ts';
import { productEnvironment } from './environment.ts';
import { configuredPorts, type PortName, portSetting } from './ports.ts';
import type { Secrets } from './secrets.ts';
import { platformSettingsSchema } from './settings.ts';

/** Who reads which settings. */
export const SCHEMAS = {
  leasehold: platformSettingsSchema,
  api: apiSettingsSchema,
  worker: workerSettingsSchema,
  web: webSettingsSchema,
  simulator: simulatorSettingsSchema,
} as const;

/** Read through Temporal's own `@temporalio/envconfig`, by API, worker and commands. */
const TEMPORAL_READERS = ['leasehold', 'api', 'worker'];
const HIDDEN = '(secret)';

/**
 * - `environment`, `.env`: given by a person
 * - `default`; `generated`: made up once and kept in the state folder; `embedded`: a part that is started here
 * - `not set`: it has no value, and needs none
 */
export type SettingSource = 'environment' | '.env' | 'default' | 'generated' | 'embedded' | 'not set';

export interface Setting {
  name: string;
  /** Null when it has none; secrets are masked. */
  value: string | null;
  source: SettingSource;
  meaning: string;
  /** Which processes read it. */
  processes: string[];
}

export interface Configuration {
  settings: Setting[];
  unknown: UnknownSetting[];
  /** What production mode refuses; empty in any other mode. */
  unsafe: UnsafeSetting[];
}

export interface ConfigurationInput {
  given: Record<string, string | undefined>;
  /** Names of those that `.env` gave. */
  fromFile: ReadonlySet<string>;
  /** Null before the first start: then they are not made up yet. */
  secrets: Secrets | null;
  stateDir: string;
}

/** Every setting as the next start would have it. Throws PlatformError for a port that is none. */
export function readConfiguration({ given, fromFile, secrets, stateDir }: ConfigurationInput): Configuration {
  const ports = configuredPorts(given);
  const product = productEnvironment({ ports, secrets: secrets ?? NOT_MADE_YET, stateDir, withSimulator: true }, given);
  const portSettings = Object.fromEntries(
    Object.entries(ports).map(([name, number]) => [portSetting(name as PortName), String(number)]),
  );
  const setting = ([name, entry]: [string, Meaning]): Setting => {
    const isGiven = Boolean(given[name]);
    const made = product[name] ?? portSettings[name];
    const value = given[name] || made || defaultOf(name);
    const source: SettingSource = isGiven
      ? fromFile.has(name)
        ? '.env'
        : 'environment'
      : value === null
        ? 'not set'
        : made === undefined
          ? 'default'
          : (entry.made ?? 'default');
    return { name, value: masked(value, entry), source, meaning: entry.meaning, processes: readersOf(name) };
  };
  return {
    settings: Object.entries(MEANINGS).map(setting),
    unknown: unknownSettings(given),
    unsafe: isProduction(given) ? unsafeOnOneMachine(product, given) : [],
  };
}

/** What production mode refuses when everything that is not given would be started here. */
export function unsafeOnOneMachine(
  product: Record<string, string>,
  given: Record<string, string | undefined>,
): UnsafeSetting[] {
  const missing = (setting: string, problem: string, remedy: string) =>
    given[setting] ? [] : [{ setting, problem, remedy }];
  const keep = 'set it to a random one of your own that you keep, such as "openssl rand -hex 32" prints';
  return [
    ...unsafeInProduction({ ...given, ...product }).filter(({ setting }) => setting !== 'STRIPE_API_BASE'),
    ...(product.STRIPE_API_BASE
      ? [
          {
            setting: 'STRIPE_SECRET_KEY',
            problem: 'without it a simulator takes the place of Stripe',
            remedy: 'set it and STRIPE_WEBHOOK_SECRET, and leave STRIPE_API_BASE unset',
          },
        ]
      : []),
    ...missing('BETTER_AUTH_SECRET', 'it would be made up and live in the state folder alone', keep),
    ...missing('LEASEHOLD_INTERNAL_TOKEN', 'it would be made up and live in the state folder alone', keep),
    ...missing('SMTP_URL', 'without it mails are caught and nobody gets them', 'set it to your mail server'),
  ];
}

/** Names of all settings that a process reads. */
export function settingNames(): string[] {
  return [...new Set(Object.values(SCHEMAS).flatMap((schema) => Object.keys(schema.shape)))].filter(
    (name) => name !== 'NODE_ENV',
  );
}

const NOT_MADE_YET: Secrets = {
  installationId: '(made at the first start)',
  postgresPassword: '',
  betterAuthSecret: HIDDEN,
  internalToken: HIDDEN,
  stripeSecretKey: HIDDEN,
  stripeWebhookSecret: HIDDEN,
  demoPassword: HIDDEN,
};

function readersOf(name: string): string[] {
  if (name.startsWith('TEMPORAL_')) return TEMPORAL_READERS;
  return Object.entries(SCHEMAS).flatMap(([process, { shape }]) => (name in shape ? [process] : []));
}

/** The default that a schema has for a setting, or null. */
function defaultOf(name: string): string | null {
  for (const { shape } of Object.values(SCHEMAS)) {
    const field = (shape as Record<string, z.ZodType>)[name];
    if (field instanceof z.ZodDefault) {
      const value = String(field.def.defaultValue);
      return value === '' ? null : value;
    }
  }
  return null;
}

function masked(value: string | null, { secret }: Meaning): string | null {
  if (value === null || secret === undefined) return value;
  return secret === 'all' ? HIDDEN : value.replace(/(:\/\/[^:@/]*):[^@/]*@/, '$1:***@');
}
