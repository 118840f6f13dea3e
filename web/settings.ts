import { z } from 'zod';

const webSettings = z
  .object({
    LEASEHOLD_WEB_PORT: z.coerce.number().int().min(1).max(65_535).default(4310),
    LEASEHOLD_API_URL: z.url().default('http://127.0.0.1:4311'),
    LEASEHOLD_INTERNAL_TOKEN: z.string().min(16).optional(),
    LEASEHOLD_TRUSTED_PROXIES: z
      .string()
      .default('')
      .transform((list) => list.split(',').flatMap((each) => each.trim() || [])),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  })
  .transform((env) => ({
    /** Port on 127.0.0.1; default 4310. */
    port: env.LEASEHOLD_WEB_PORT,
    /** Where the API answers; default `http://127.0.0.1:4311`. */
    apiUrl: env.LEASEHOLD_API_URL,
    /** Proves to the API that an address of a client comes from us. Without it the API sees our own address. */
    internalToken: env.LEASEHOLD_INTERNAL_TOKEN,
    /** Addresses of our own proxies, whose `X-Forwarded-For` is believed; default none. */
    trustedProxies: env.LEASEHOLD_TRUSTED_PROXIES,
    logLevel: env.LOG_LEVEL,
  }));

export type WebSettings = z.output<typeof webSettings>;

/** Reads the settings of the web process. Throws `ZodError`, which names each setting that is wrong. */
export function readWebSettings(env: NodeJS.ProcessEnv = process.env): WebSettings {
  return webSettings.parse(env);
}
