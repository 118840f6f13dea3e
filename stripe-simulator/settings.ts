import { z } from 'zod';
import { recordingFolder } from './conformance/settings.ts';
import { DEFAULT_POLICY } from './engine/world.ts';

const DEFAULT_PORT = 4313;
/** In place of a path: nothing is kept. */
export const IN_MEMORY = 'memory';

const days = z
  .string()
  .regex(/^\d+(,\d+)*$/)
  .transform((value) => value.split(',').map(Number))
  .pipe(z.array(z.number().int().min(1)));

/** What the simulator reads from its environment. */
export const simulatorSettingsSchema = z
  .object({
    LEASEHOLD_MODE: z.enum(['development', 'production']).default('development'),
    STRIPE_SIMULATOR_PORT: z.coerce.number().int().min(1).max(65535).default(DEFAULT_PORT),
    STRIPE_SIMULATOR_STATE: z.string().min(1),
    STRIPE_SIMULATOR_PUBLIC_URL: z.url().optional(),
    STRIPE_SIMULATOR_RETRY_DAYS: days.default([3, 5, 7]),
    STRIPE_SIMULATOR_AFTER_LAST_RETRY: z.enum(['leave_past_due', 'mark_unpaid', 'cancel']).default('leave_past_due'),
    STRIPE_SIMULATOR_UPCOMING_DAYS: z.coerce.number().int().min(0).max(45).default(DEFAULT_POLICY.upcomingDays),
    STRIPE_SIMULATOR_FORWARD_TO: z.url().optional(),
    STRIPE_WEBHOOK_SECRET: z.string().optional(),
    LOG_LEVEL: z.string().default('info'),
    NODE_ENV: z.string().optional(),
    STRIPE_SECRET_KEY: z.string().optional(),
  })
  .refine((env) => env.NODE_ENV !== 'production' && env.LEASEHOLD_MODE !== 'production', {
    message: 'The Stripe simulator refuses to start in production: use Stripe itself.',
  })
  .refine((env) => !/^[sr]k_live_/.test(env.STRIPE_SECRET_KEY ?? ''), {
    message: 'The Stripe simulator refuses to start beside a live key: take STRIPE_SECRET_KEY out of its environment.',
  });

export interface Settings {
  port: number;
  /** `null`: in memory alone. */
  statePath: string | null;
  publicUrl: string;
  retryAfterDays: number[];
  afterLastRetry: 'leave_past_due' | 'mark_unpaid' | 'cancel';
  /** Days before a renewal at which `invoice.upcoming` is sent; 0 sends none. */
  upcomingDays: number;
  /** Where all events are sent, and what they are signed with; `null` sends them to registered endpoints alone. */
  forward: { url: string; secret: string } | null;
  /** Folder that the calls of Stripe's client are written into, for tests; `null` writes none. */
  recordings: string | null;
  logLevel: string;
}

/** @throws Error that names each setting that is wrong */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const result = simulatorSettingsSchema.safeParse(
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')),
  );
  if (!result.success) throw new Error(z.prettifyError(result.error));
  const { data } = result;
  // While a secret is rotated there are two, newest first.
  const secret = data.STRIPE_WEBHOOK_SECRET?.split(',')[0]?.trim();
  const url = data.STRIPE_SIMULATOR_FORWARD_TO;
  return {
    port: data.STRIPE_SIMULATOR_PORT,
    statePath: data.STRIPE_SIMULATOR_STATE === IN_MEMORY ? null : data.STRIPE_SIMULATOR_STATE,
    publicUrl: data.STRIPE_SIMULATOR_PUBLIC_URL ?? `http://127.0.0.1:${data.STRIPE_SIMULATOR_PORT}`,
    retryAfterDays: data.STRIPE_SIMULATOR_RETRY_DAYS,
    afterLastRetry: data.STRIPE_SIMULATOR_AFTER_LAST_RETRY,
    upcomingDays: data.STRIPE_SIMULATOR_UPCOMING_DAYS,
    forward: url && secret ? { url, secret } : null,
    recordings: recordingFolder(env),
    logLevel: data.LOG_LEVEL,
  };
}
