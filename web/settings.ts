import { z } from 'zod';
import { refuseUnsafe } from '#settings/production-mode.ts';
import { type UnknownSetting, unknownSettings } from '#settings/unknown-settings.ts';

/** What the web server reads from its environment. */
export const webSettingsSchema = z.object({
  LEASEHOLD_MODE: z.enum(['development', 'production']).default('development'),
  LEASEHOLD_LISTEN: z.string().default('127.0.0.1'),
  LEASEHOLD_WEB_PORT: z.coerce.number().int().min(1).max(65_535).default(4310),
  LEASEHOLD_API_URL: z.url().default('http://127.0.0.1:4311'),
  LEASEHOLD_WEB_ORIGIN: z.url().default('http://127.0.0.1:4310'),
  LEASEHOLD_INTERNAL_TOKEN: z.string().min(16, 'needs at least 16 characters'),
  LEASEHOLD_PROXY_HOPS: z.coerce.number().int().min(0).max(10).default(0),
  LEASEHOLD_GITHUB_CLIENT_ID: z.string().optional(),
  LEASEHOLD_OIDC_CLIENT_ID: z.string().optional(),
  LEASEHOLD_OIDC_NAME: z.string().default('Single sign-on'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

const webSettings = webSettingsSchema.transform((env) => ({
  /** Address that it listens on; default 127.0.0.1. */
  listen: env.LEASEHOLD_LISTEN,
  /** Port; default 4310. */
  port: env.LEASEHOLD_WEB_PORT,
  /** Where the API answers; default `http://127.0.0.1:4311`. */
  apiUrl: env.LEASEHOLD_API_URL,
  /** What people open; with `https` browsers are told to stay with it. Default `http://127.0.0.1:4310`. */
  webOrigin: new URL(env.LEASEHOLD_WEB_ORIGIN).origin,
  /** Lets the API believe which address a client has. */
  internalToken: env.LEASEHOLD_INTERNAL_TOKEN,
  /** How many proxies of ours stand in front, each of which adds to `X-Forwarded-For`; default 0: it is not looked at. */
  proxyHops: env.LEASEHOLD_PROXY_HOPS,
  /** Other services that one can sign in with: those whose settings the API has as well. */
  providers: [
    ...(env.LEASEHOLD_GITHUB_CLIENT_ID ? [{ id: 'github', name: 'GitHub' }] : []),
    ...(env.LEASEHOLD_OIDC_CLIENT_ID ? [{ id: 'oidc', name: env.LEASEHOLD_OIDC_NAME }] : []),
  ],
  logLevel: env.LOG_LEVEL,
}));

export interface WebSettings extends z.output<typeof webSettings> {
  /** Variables named like settings that nothing reads. */
  unknown: UnknownSetting[];
}

/**
 * Reads the settings of the web process. Throws `ZodError`, which names each setting that is wrong, or an Error that names
 * what production mode refuses.
 */
export function readWebSettings(env: NodeJS.ProcessEnv = process.env): WebSettings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const settings = webSettings.parse(given);
  refuseUnsafe(given);
  return { ...settings, unknown: unknownSettings(env) };
}
