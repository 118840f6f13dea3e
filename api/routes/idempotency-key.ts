import { z } from '@hono/zod-openapi';

/** Headers of a write that happens once however often it is sent. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .openapi({ description: 'The same key again is answered with the first receipt.' }),
});
