import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ApiEnv } from '../api-env.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { problemAnswer } from '../problem-schema.ts';
import { accountParams } from './account.ts';
import { instant } from './account-schema.ts';

const MOST = 200;

export const auditRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/audit',
  action: 'audit:read',
  summary: 'Who did what, from where and when',
  request: {
    params: accountParams,
    query: z.object({
      before: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional()
        .openapi({ description: 'Goes on after a page: its `next`.' }),
      limit: z.coerce.number().int().min(1).max(MOST).default(50),
    }),
  },
  responses: {
    200: {
      description: 'Newest first. Of a personal account: what its person did to their own access as well.',
      content: {
        'application/json': {
          schema: z.object({
            entries: z.array(
              z
                .object({
                  id: z.string(),
                  at: instant,
                  actor: z.object({ kind: z.enum(['person', 'key', 'system']), id: z.string(), name: z.string() }),
                  action: z.string().openapi({ example: 'member.change-role' }),
                  target: z.string().openapi({ description: 'Id of what it was done to.' }),
                  ip: z.string().nullable(),
                  userAgent: z.string().nullable(),
                  reason: z.string().nullable().openapi({ description: 'As given by who did it.' }),
                  outcome: z.enum(['pending', 'done', 'refused', 'failed']).openapi({
                    description: 'What stays `pending` may or may not have happened: nobody answered.',
                  }),
                  requestId: z.string(),
                  details: z.record(z.string(), z.unknown()),
                })
                .openapi('AuditEntry'),
            ),
            next: z.string().nullable(),
          }),
        },
      },
    },
    400: problemAnswer('Malformed.'),
  },
});

export function createAuditHandler(deps: { auditLog: AuditLog }): RouteHandler<typeof auditRoute, ApiEnv> {
  return async (c) => {
    const { before, limit } = c.req.valid('query');
    const { accountId, userId } = c.var.account;
    const page = await deps.auditLog.page(
      { accountId, userId },
      { before: before === undefined ? undefined : BigInt(before), limit },
    );
    return c.json(page, 200);
  };
}
