import { z } from 'zod';
import { EGRESS } from '#activities/workspaces/network-policy.ts';
import { DEFAULT_CPU_OVERCOMMIT } from '#domain/placement.ts';
import { refuseUnsafe } from '#settings/production-mode.ts';

/** `zone=eu,disk=ssd` */
const labels = z
  .string()
  .default('')
  .transform((list) => list.split(',').flatMap((each) => each.trim() || []))
  .refine((list) => list.every((each) => /^[\w.-]+=[\w.-]+$/.test(each)), 'must be name=value,name=value')
  .transform((list) => Object.fromEntries(list.map((each) => each.split('=', 2) as [string, string])));

export const workerSettingsSchema = z.object({
  LEASEHOLD_MODE: z.enum(['development', 'production']).default('development'),
  LEASEHOLD_LISTEN: z.string().default('127.0.0.1'),
  LEASEHOLD_WORKER_URL: z.url().optional(),
  DATABASE_URL: z.string().min(1),
  LOG_LEVEL: z.string().default('info'),
  DOCKER_HOST: z.string().min(1),
  STRIPE_SECRET_KEY: z.string().optional(),
  STRIPE_API_BASE: z.url().optional(),
  SMTP_URL: z.url(),
  MAIL_FROM: z.string().default('Leasehold <billing@leasehold.test>'),
  LEASEHOLD_CATALOG: z.string().default('catalogs/demo.yaml'),
  LEASEHOLD_HOST_ID: z
    .string()
    .regex(/^[\w.-]{1,63}$/, 'must have letters, digits, _, . and -, 63 at most')
    .default('local'),
  LEASEHOLD_HOST_LABELS: labels,
  /** `all`: accounts, their reconciliation with Stripe, and this host's workspaces. `host`: the workspaces alone. */
  LEASEHOLD_WORKER_ROLE: z.enum(['all', 'host']).default('all'),
  /** For tests: a script with other workflows than this version's. */
  LEASEHOLD_WORKFLOW_BUNDLE: z.string().startsWith('/').optional(),
  LEASEHOLD_INSTALLATION: z.string().min(1),
  LEASEHOLD_INTERNAL_TOKEN: z.string().min(16),
  LEASEHOLD_WORKER_PORT: z.coerce.number().int().default(4312),
  LEASEHOLD_WORKSPACE_IMAGE: z.string().default('leasehold/workspace:dev'),
  LEASEHOLD_SUBNET_POOL: z.string().default('10.201.0.0/16'),
  LEASEHOLD_HOST_MEMORY_MB: z.coerce.number().int().positive().optional(),
  LEASEHOLD_HOST_CPU_PERCENT: z.coerce.number().int().positive().optional(),
  LEASEHOLD_CPU_OVERCOMMIT: z.coerce.number().min(1).default(DEFAULT_CPU_OVERCOMMIT),
  LEASEHOLD_EGRESS: z.enum(EGRESS).default('internet'),
  LEASEHOLD_STORAGE_DIR: z.string().startsWith('/').optional(),
  LEASEHOLD_STORAGE_LOOK_SECONDS: z.coerce.number().min(1).max(86_400).default(300),
  LEASEHOLD_HOST_LOOK_SECONDS: z.coerce.number().min(1).max(3600).default(60),
  LEASEHOLD_RECONCILE_PER_SECOND: z.coerce.number().positive().max(50).default(5),
  LEASEHOLD_RECONCILE_CONFIRM_SECONDS: z.coerce.number().min(0).max(60).default(5),
  LEASEHOLD_WEB_ORIGIN: z.url().default('http://127.0.0.1:4310'),
});

const wholeSchema = workerSettingsSchema.refine(
  ({ STRIPE_API_BASE, STRIPE_SECRET_KEY }) => STRIPE_API_BASE === undefined || STRIPE_SECRET_KEY !== undefined,
  {
    path: ['STRIPE_SECRET_KEY'],
    message: 'is needed beside STRIPE_API_BASE; for the simulator any sk_test_ key',
  },
);

/** The worker's settings, from the environment. Without STRIPE_SECRET_KEY billing is off, and everything else works. */
export type WorkerSettings = z.infer<typeof workerSettingsSchema>;

/** @throws z.ZodError naming each setting that is missing or wrong, Error naming what production mode refuses */
export function parseWorkerSettings(env: Record<string, string | undefined>): WorkerSettings {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const settings = wholeSchema.parse(Object.fromEntries(given));
  refuseUnsafe(env);
  return settings;
}
