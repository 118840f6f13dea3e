import { z } from 'zod';
import { DEFAULT_WARN_PERCENT } from '#domain/host-room.ts';
import { DEFAULT_CPU_OVERCOMMIT, DEFAULT_FREE_SHARE_PERCENT } from '#domain/placement.ts';
import { refuseUnsafe } from '#settings/production-mode.ts';
import type { SignInProviders } from './auth/sign-in-providers.ts';

/** What the API reads from its environment, before what belongs together is looked at. */
export const apiSettingsSchema = z.object({
  LEASEHOLD_MODE: z.enum(['development', 'production']).default('development'),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must start with postgresql://'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LEASEHOLD_LISTEN: z.string().default('127.0.0.1'),
  LEASEHOLD_API_PORT: z.coerce.number().int().min(0).max(65_535).default(4311),
  LEASEHOLD_WEB_ORIGIN: z.url().default('http://127.0.0.1:4310'),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .default('')
    .transform((list) => list.split(',').flatMap((secret) => secret.trim() || [])),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_API_BASE: z.url().optional(),
  BETTER_AUTH_SECRET: z.string().min(32, 'needs at least 32 characters'),
  LEASEHOLD_INTERNAL_TOKEN: z.string().min(16, 'needs at least 16 characters'),
  LEASEHOLD_DEMO_PASSWORD: z.string().min(8).optional(),
  LEASEHOLD_CATALOG: z.string().default('catalogs/demo.yaml'),
  LEASEHOLD_BURST_QUIET_MS: z.coerce.number().int().min(0).max(60_000).default(2_000),
  LEASEHOLD_CPU_OVERCOMMIT: z.coerce.number().min(1).default(DEFAULT_CPU_OVERCOMMIT),
  LEASEHOLD_FREE_ACCOUNTS_PER_PERSON: z.coerce.number().int().min(1).max(1_000).default(3),
  LEASEHOLD_FREE_SHARE_PERCENT: z.coerce.number().min(0).max(100).default(DEFAULT_FREE_SHARE_PERCENT),
  LEASEHOLD_NEW_ORGANISATIONS_PER_HOUR: z.coerce.number().int().min(1).max(10_000).default(5),
  LEASEHOLD_NEW_WORKSPACES_PER_HOUR: z.coerce.number().int().min(1).max(10_000).default(30),
  LEASEHOLD_CAPACITY_WARN_PERCENT: z.coerce.number().min(1).max(100).default(DEFAULT_WARN_PERCENT),
  SMTP_URL: z.string().regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://'),
  MAIL_FROM: z.string().default('Leasehold <billing@leasehold.test>'),
  LEASEHOLD_GITHUB_CLIENT_ID: z.string().optional(),
  LEASEHOLD_GITHUB_CLIENT_SECRET: z.string().optional(),
  LEASEHOLD_OIDC_NAME: z.string().default('Single sign-on'),
  LEASEHOLD_OIDC_ISSUER: z.url().optional(),
  LEASEHOLD_OIDC_DISCOVERY_URL: z.url().optional(),
  LEASEHOLD_OIDC_CLIENT_ID: z.string().optional(),
  LEASEHOLD_OIDC_CLIENT_SECRET: z.string().optional(),
});

type Values = z.output<typeof apiSettingsSchema>;

/** Settings of a sign-in at another service: all of a group, or none. */
const settings = apiSettingsSchema.superRefine((values, context) => {
  if (values.STRIPE_SECRET_KEY !== undefined && values.STRIPE_WEBHOOK_SECRET.length === 0) {
    const message = 'needs at least one secret beside STRIPE_SECRET_KEY';
    context.addIssue({ code: 'custom', path: ['STRIPE_WEBHOOK_SECRET'], message });
  }
  if (values.STRIPE_API_BASE !== undefined && values.STRIPE_SECRET_KEY === undefined) {
    const message = 'is needed beside STRIPE_API_BASE; for the simulator any sk_test_ key';
    context.addIssue({ code: 'custom', path: ['STRIPE_SECRET_KEY'], message });
  }
  const { LEASEHOLD_GITHUB_CLIENT_ID, LEASEHOLD_GITHUB_CLIENT_SECRET } = values;
  const { LEASEHOLD_OIDC_CLIENT_ID, LEASEHOLD_OIDC_CLIENT_SECRET } = values;
  const discovery = values.LEASEHOLD_OIDC_DISCOVERY_URL ?? values.LEASEHOLD_OIDC_ISSUER;
  const groups: Record<string, unknown>[] = [
    { LEASEHOLD_GITHUB_CLIENT_ID, LEASEHOLD_GITHUB_CLIENT_SECRET },
    { LEASEHOLD_OIDC_ISSUER: discovery, LEASEHOLD_OIDC_CLIENT_ID, LEASEHOLD_OIDC_CLIENT_SECRET },
  ];
  for (const group of groups) {
    const names = Object.keys(group);
    const missing = names.filter((name) => group[name] === undefined);
    if (missing.length === names.length) continue;
    for (const name of missing) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `is needed beside ${names.filter((each) => each !== name).join(', ')}`,
      });
    }
  }
});

/** What the API process is told by its environment. Temporal's own settings are read by `@temporalio/envconfig`. */
export interface ApiSettings {
  databaseUrl: string;
  logLevel: string;
  /** Address that it listens on. Default 127.0.0.1. */
  listen: string;
  /** Port; 0 takes a free one. Default 4311. */
  port: number;
  /** Scheme, host and port that people open: the only origin whose cookies may write. Default `http://127.0.0.1:4310`. */
  webOrigin: string;
  /** `null`: billing is off, everything else works. */
  stripe: { secretKey: string; apiBase: string | undefined } | null;
  /** Signing secrets of the webhook endpoint; during a rotation both are valid. Empty only while billing is off. */
  webhookSecrets: string[];
  /** Signs session cookies. */
  authSecret: string;
  /** Bearer token of the host workers' internal endpoints. */
  internalToken: string;
  /** When set, `demo@leasehold.test` can sign in with it. */
  demoPassword: string | undefined;
  /** File of the catalog in force, the same as the workers'. Default `catalogs/demo.yaml`. */
  catalogFile: string;
  /**
   * Of a customer's webhooks the first is passed on at once and the rest of its burst together, when none has come for so many
   * milliseconds. Default 2,000.
   */
  burstQuietMs: number;
  /** How many times a host's CPU may be promised to workspaces. Default 16. */
  cpuOvercommit: number;
  /** Accounts on a free plan that one person may own, the own one included. Default 3. */
  freeAccountsPerPerson: number;
  /** Of each host, what workspaces of free accounts may have together. Default 50. */
  freeSharePercent: number;
  /** What one person may make in an hour. Default 5 and 30. */
  newPerHour: { organisations: number; workspaces: number };
  /** From which part of its memory or CPU on a host counts as nearly full. Default 80. */
  capacityWarnPercent: number;
  /** Where mails are handed in: `smtp://…` or `smtps://…`. */
  smtpUrl: string;
  /** Sender of mails. Default `Leasehold <billing@leasehold.test>`. */
  mailFrom: string;
  /** Sign-in at other services, each when its settings are there. */
  providers: SignInProviders;
}

/**
 * Reads the settings once, at the start of the process.
 *
 * @throws Error with one line for each variable that is missing, wrong, or unsafe in production mode; no secret is
 *   repeated in it.
 */
export function readApiSettings(env: Record<string, string | undefined>): ApiSettings {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(present);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The API can't start with these settings:\n${lines.join('\n')}`);
  }
  refuseUnsafe(present);
  const values = parsed.data;
  return {
    databaseUrl: values.DATABASE_URL,
    logLevel: values.LOG_LEVEL,
    listen: values.LEASEHOLD_LISTEN,
    port: values.LEASEHOLD_API_PORT,
    webOrigin: new URL(values.LEASEHOLD_WEB_ORIGIN).origin,
    stripe:
      values.STRIPE_SECRET_KEY === undefined
        ? null
        : { secretKey: values.STRIPE_SECRET_KEY, apiBase: values.STRIPE_API_BASE },
    webhookSecrets: values.STRIPE_WEBHOOK_SECRET,
    authSecret: values.BETTER_AUTH_SECRET,
    internalToken: values.LEASEHOLD_INTERNAL_TOKEN,
    demoPassword: values.LEASEHOLD_DEMO_PASSWORD,
    catalogFile: values.LEASEHOLD_CATALOG,
    burstQuietMs: values.LEASEHOLD_BURST_QUIET_MS,
    cpuOvercommit: values.LEASEHOLD_CPU_OVERCOMMIT,
    freeAccountsPerPerson: values.LEASEHOLD_FREE_ACCOUNTS_PER_PERSON,
    freeSharePercent: values.LEASEHOLD_FREE_SHARE_PERCENT,
    newPerHour: {
      organisations: values.LEASEHOLD_NEW_ORGANISATIONS_PER_HOUR,
      workspaces: values.LEASEHOLD_NEW_WORKSPACES_PER_HOUR,
    },
    capacityWarnPercent: values.LEASEHOLD_CAPACITY_WARN_PERCENT,
    smtpUrl: values.SMTP_URL,
    mailFrom: values.MAIL_FROM,
    providers: providersOf(values),
  };
}

function providersOf(values: Values): SignInProviders {
  const { LEASEHOLD_GITHUB_CLIENT_ID: githubId, LEASEHOLD_GITHUB_CLIENT_SECRET: githubSecret } = values;
  const { LEASEHOLD_OIDC_CLIENT_ID: oidcId, LEASEHOLD_OIDC_CLIENT_SECRET: oidcSecret } = values;
  const issuer = values.LEASEHOLD_OIDC_ISSUER?.replace(/\/$/, '');
  const discoveryUrl = values.LEASEHOLD_OIDC_DISCOVERY_URL ?? (issuer && `${issuer}/.well-known/openid-configuration`);
  return {
    github: githubId && githubSecret ? { clientId: githubId, clientSecret: githubSecret } : undefined,
    oidc:
      discoveryUrl && oidcId && oidcSecret
        ? { name: values.LEASEHOLD_OIDC_NAME, discoveryUrl, clientId: oidcId, clientSecret: oidcSecret }
        : undefined,
  };
}
