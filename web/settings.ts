import { z } from 'zod';

const webSettings = z
  .object({
    LEASEHOLD_WEB_PORT: z.coerce.number().int().min(1).max(65_535).default(4310),
    LEASEHOLD_API_URL: z.url().default('http://127.0.0.1:4311'),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  })
  .transform((env) => ({
    /** Port on 127.0.0.1; default 4310. */
    port: env.LEASEHOLD_WEB_PORT,
    /** Where the API answers; default `http://127.0.0.1:4311`. */
    apiUrl: env.LEASEHOLD_API_URL,
    logLevel: env.LOG_LEVEL,
  }));

export type WebSettings = z.output<typeof webSettings>;

/** Reads the settings of the web process. Throws `ZodError`, which names each setting that is wrong. */
export function readWebSettings(env: NodeJS.ProcessEnv = process.env): WebSettings {
  return webSettings.parse(env);
}
