import { type RouteHandler, z } from '@hono/zod-openapi';
import { SCOPES, scopesFor } from '#domain/access.ts';
import { defineRoute } from '../access/define-route.ts';
import { ownerOf, signedIn } from '../access/find-account.ts';
import { ownersOnlyScope } from '../access/refuse-access.ts';
import type { ApiEnv } from '../api-env.ts';
import { createKey } from '../people/keys.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { problemAnswer } from '../problem-schema.ts';
import { textOf } from '../text-schema.ts';
import { accountParams } from './account.ts';
import { instant } from './account-schema.ts';

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 730;

export const createKeyRoute = defineRoute({
  method: 'post',
  path: '/api/v1/accounts/{accountId}/keys',
  action: 'keys:manage',
  audit: 'key.create',
  summary: 'An API key, told once and never again',
  description:
    "A personal account's key acts for its person on all accounts of theirs, an organisation's on its account alone, both within their scopes. Nobody gives a key more than they may do.",
  request: {
    params: accountParams,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({
              name: textOf('keyName').openapi({ example: 'nightly deploy' }),
              scopes: z
                .array(z.enum(SCOPES))
                .min(1)
                .transform((scopes) => [...new Set(scopes)]),
              expiresInDays: z
                .number()
                .int()
                .min(1)
                .max(LONGEST_DAYS)
                .nullable()
                .openapi({ description: 'Null: until it is revoked.', example: 90 }),
            })
            .openapi('NewKey'),
        },
      },
    },
  },
  responses: {
    201: {
      description: 'Keep `key`: nobody can tell it again.',
      content: {
        'application/json': {
          schema: z.object({
            keyId: z.string(),
            key: z.string(),
            name: z.string(),
            scopes: z.array(z.enum(SCOPES)),
            expiresAt: instant.nullable(),
          }),
        },
      },
    },
    400: problemAnswer('Malformed, no scope, or a time that is past or too far.'),
  },
});

export function createCreateKeyHandler(deps: { people: PeopleDeps }): RouteHandler<typeof createKeyRoute, ApiEnv> {
  return async (c) => {
    const { name, scopes, expiresInDays } = c.req.valid('json');
    const { account } = c.var;
    c.set('auditNote', { details: { name, scopes } });
    const beyond = scopes.find((scope) => !scopesFor(account.role).includes(scope));
    if (beyond) throw ownersOnlyScope(beyond);
    const {
      id: keyId,
      secret: key,
      ...made
    } = await createKey(deps.people, {
      reference: ownerOf(account),
      name,
      scopes,
      expiresAt: expiresInDays === null ? null : new Date(Date.now() + expiresInDays * DAY_MS),
      createdBy: signedIn(c.var.principal).userId,
    });
    c.set('auditNote', { target: keyId, details: { name, scopes, expiresAt: made.expiresAt } });
    return c.json({ keyId, key, name: made.name, scopes: made.scopes, expiresAt: made.expiresAt }, 201);
  };
}
