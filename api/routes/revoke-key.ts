import type { RouteHandler } from '@hono/zod-openapi';
import { defineRoute } from '../access/define-route.ts';
import { ownerOf } from '../access/find-account.ts';
import type { ApiEnv } from '../api-env.ts';
import { revokeKey } from '../people/keys.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';

export const revokeKeyRoute = defineRoute({
  method: 'delete',
  path: '/api/v1/accounts/{accountId}/keys/{keyId}',
  action: 'keys:manage',
  audit: 'key.revoke',
  summary: 'From now on whoever sends the key is refused',
  request: { params: accountParams.extend({ keyId: textOf('id') }) },
  responses: { 204: { description: 'Revoked, now or before.' } },
});

export function createRevokeKeyHandler(deps: { people: PeopleDeps }): RouteHandler<typeof revokeKeyRoute, ApiEnv> {
  return async (c) => {
    await revokeKey(deps.people, { reference: ownerOf(c.var.account), keyId: c.req.valid('param').keyId });
    return c.body(null, 204);
  };
}
