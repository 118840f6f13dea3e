import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import type { ApiEnv } from '../api-env.ts';
import { accountParams } from './account.ts';

const MAX_ENTRIES = 200;

export const timelineRoute = defineRoute({
  method: 'get',
  path: '/api/v1/accounts/{accountId}/timeline',
  action: 'account:read',
  summary: 'What happened to the account',
  request: { params: accountParams },
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
                    'welcome-back',
                    'collection-paused',
                    'data-deleted',
                    'mail-sent',
                    'workspace-started',
                    'workspace-stopped',
                    'workspace-resized',
                    'workspace-resize-refused',
                    'workspace-failed',
                    'workspace-crashed',
                    'workspace-out-of-memory',
                    'workspace-over-storage',
                    'workspace-storage-ok',
                    'workspace-deleted',
                    'owner-restarted',
                    'owner-recovered',
                    'owner-renamed',
                    'owner-resized',
                    'owner-restored',
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
                    'move-planned',
                    'move-undone',
                    'workspace-moved',
                  ]),
                  text: z.string(),
                })
                .openapi('Happened'),
            ),
          }),
        },
      },
    },
  },
});

export function createTimelineHandler(deps: { readModel: ReadModel }): RouteHandler<typeof timelineRoute, ApiEnv> {
  return async (c) => {
    const entries = await deps.readModel.timeline(c.var.account.accountId, MAX_ENTRIES);
    return c.json({ entries }, 200);
  };
}
