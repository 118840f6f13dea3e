import { createRoute, type RouteHandler, z } from '@hono/zod-openapi';
import type { ReadModel } from '../accounts/read-model.ts';
import type { ApiEnv } from '../api-env.ts';
import { problemAnswer } from '../problem-schema.ts';
import { accountNotFound } from './account.ts';
import { sessionSecurity } from './session-security.ts';

const MAX_ENTRIES = 200;

export const timelineRoute = createRoute({
  method: 'get',
  path: '/api/v1/account/timeline',
  summary: 'What happened to the account',
  security: sessionSecurity,
  responses: {
    200: {
      description: `Newest first, ${MAX_ENTRIES} at most.`,
      content: {
        'application/json': {
          schema: z.object({
            entries: z.array(
              z
                .object({
                  id: z.string(),
                  at: z.string(),
                  kind: z.enum([
                    'account-opened',
                    'plan-changed',
                    'trial-started',
                    'payment-failed',
                    'suspended',
                    'payment-received',
                    'subscription-canceled',
                    'collection-paused',
                    'data-deleted',
                    'mail-sent',
                    'workspace-started',
                    'workspace-stopped',
                    'workspace-resized',
                    'workspace-resize-refused',
                    'workspace-failed',
                    'owner-started',
                    'owner-stopped',
                    'owner-created',
                    'owner-deleted',
                    'hold-placed',
                    'hold-lifted',
                    'add-on-started',
                    'add-on-changed',
                    'add-on-payment-failed',
                    'add-on-suspended',
                    'add-on-restored',
                    'add-on-ended',
                    'add-on-idle',
                    'subscription-ignored',
                    'granted',
                    'grant-ended',
                    'account-close-asked',
                    'account-closing',
                    'account-kept',
                    'cancel-planned',
                    'cancel-undone',
                    'change-planned',
                    'change-undone',
                    'collection-resumed',
                    'duplicate-found',
                    'duplicate-ended',
                    'refunded',
                    'dispute-opened',
                    'dispute-won',
                    'dispute-lost',
                    'grace-extended',
                    'customer-linked',
                  ]),
                  text: z.string(),
                })
                .openapi('Happened'),
            ),
          }),
        },
      },
    },
    401: problemAnswer('Not signed in.'),
    404: problemAnswer('No account yet.'),
  },
});

export function createTimelineHandler(deps: { readModel: ReadModel }): RouteHandler<typeof timelineRoute, ApiEnv> {
  return async (c) => {
    const owned = await deps.readModel.accountOf(c.var.visitor.userId);
    if (!owned) throw accountNotFound();
    return c.json({ entries: await deps.readModel.timeline(owned.accountId, MAX_ENTRIES) }, 200);
  };
}
