import { z } from 'zod';
import { DEFAULT_WARN_PERCENT } from '#domain/host-room.ts';
import { DEFAULT_CPU_OVERCOMMIT } from '#domain/placement.ts';
import { PlatformError } from './platform-error.ts';
import { DEFAULT_PORTS, type PortName, portSetting } from './ports.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const yesOrNo = z.enum(['0', '1']);

/** What the supervisor and the commands themselves read from the environment. */
export const platformSettingsSchema = z.object({
  LEASEHOLD_MODE: z.enum(['development', 'production']).default('development'),
  LEASEHOLD_STATE: z.string().optional(),
  LEASEHOLD_CACHE: z.string().optional(),
  LEASEHOLD_NO_INSTALL: yesOrNo.default('0'),
  LEASEHOLD_CHROMIUM: z.string().optional(),
  LEASEHOLD_WORKSPACE_BASE: z.string().optional(),
  LEASEHOLD_TIME_SKIPPING: yesOrNo.default('1'),
  LEASEHOLD_TEMPORAL_UI_URL: z.url().optional(),
  LEASEHOLD_MAIL_URL: z.url().optional(),
  LEASEHOLD_CAPACITY_WARN_PERCENT: z.coerce.number().min(1).max(100).default(DEFAULT_WARN_PERCENT),
  LEASEHOLD_CPU_OVERCOMMIT: z.coerce.number().min(1).default(DEFAULT_CPU_OVERCOMMIT),
  LEASEHOLD_PORT_OFFSET: z.coerce.number().int().min(0).max(60_000).default(0),
  ...(Object.fromEntries(
    Object.entries(DEFAULT_PORTS).map(([name, number]) => [portSetting(name as PortName), port.default(number)]),
  ) as Record<string, z.ZodDefault<typeof port>>),
});

export interface PlatformSettings {
  /** Whether system packages and the user `postgres` may be made when they are missing. Default: yes. */
  mayInstall: boolean;
  /** Image to build the workspace image on. Default: one made from this machine's node. */
  workspaceBase: string | undefined;
}

/** @throws PlatformError with one line for each setting that is wrong */
export function readPlatformSettings(env: Record<string, string | undefined>): PlatformSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = platformSettingsSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
    throw new PlatformError(`These settings are wrong:\n${lines.join('\n')}`);
  }
  return {
    mayInstall: parsed.data.LEASEHOLD_NO_INSTALL === '0',
    workspaceBase: parsed.data.LEASEHOLD_WORKSPACE_BASE,
  };
}
