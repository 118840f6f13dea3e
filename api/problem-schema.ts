import { z } from '@hono/zod-openapi';

/** The shape of every error answer. */
export const problemSchema = z
  .looseObject({
    type: z.string().openapi({ example: 'urn:leasehold:problem:workspace-not-found' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What happened and what to do about it.' }),
    code: z.string().openapi({ example: 'workspace-not-found' }),
    requestId: z.string(),
  })
  .openapi('Problem');

/** An error answer in a route's definition. */
export function problemAnswer(description: string) {
  return { description, content: { 'application/problem+json': { schema: problemSchema } } };
}
