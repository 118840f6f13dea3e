import { z } from '@hono/zod-openapi';
import { textOf } from '../text-schema.ts';

/** Headers of a write that happens once however often it is sent. */
export const idempotencyHeaders = z.object({
  'idempotency-key': textOf('idempotencyKey')
    // Bytes above ASCII have no agreed meaning in a header.
    .regex(/^[\x21-\x7e]*$/, 'must be letters, digits and marks of ASCII, without blanks')
    .optional()
    .openapi({ description: 'The same key again is answered with the first receipt.' }),
});
