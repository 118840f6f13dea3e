import { type RouteHandler, z } from '@hono/zod-openapi';
import type { Catalog } from '#domain/catalog.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { defineOwnRoute } from '../access/define-route.ts';
import { signedIn } from '../access/find-account.ts';
import { accountIdOf, isOffered } from '../accounts/open-account.ts';
import { refuseWhileClosing } from '../accounts/refuse-while-closing.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOrganisation } from '../people/organisations.ts';
import type { PeopleDeps } from '../people/people-deps.ts';
import { Problem } from '../problem.ts';
import { problemAnswer } from '../problem-schema.ts';
import type { RateRule } from '../rate-limits.ts';
import { textOf } from '../text-schema.ts';

export const createOrganisationRoute = defineOwnRoute({
  method: 'post',
  path: '/api/v1/organisations',
  action: 'organisation:create',
  audit: 'organisation.create',
  summary: 'An organisation, with its account, owned by whoever asks',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .object({ name: textOf('organisationName').openapi({ example: 'Analytical Engines' }) })
            .openapi('NewOrganisation'),
        },
      },
    },
  },
  responses: {
    201: {
      description: 'Its account is being opened: it is in GET /api/v1/me within moments.',
      content: { 'application/json': { schema: z.object({ organisationId: z.string(), accountId: z.string() }) } },
    },
    400: problemAnswer('Malformed.'),
    403: problemAnswer('`free-accounts-limit`: how many accounts on a free plan one person may own.'),
    429: problemAnswer('Too many were made in the last hour.'),
    409: problemAnswer('`organisations-not-offered`: there is no plan for one; `account-closing`: you are leaving.'),
  },
});

export function createCreateOrganisationHandler(deps: {
  people: PeopleDeps;
  prisma: PrismaClient;
  catalog: Catalog;
  /** Organisations that one person may make in a while. */
  newOrganisations: RateRule;
}): RouteHandler<typeof createOrganisationRoute, ApiEnv> {
  return async (c) => {
    const { userId } = signedIn(c.var.principal);
    if (!isOffered(deps.catalog, 'organisation')) {
      throw new Problem(
        409,
        'organisations-not-offered',
        'Organisations are not offered',
        'There is no plan that an organisation could begin with. Go on with your own account.',
      );
    }
    await refuseWhileClosing(deps.prisma, userId);
    await deps.people.limits.count(deps.newOrganisations, userId);
    const { name } = c.req.valid('json');
    const { id: organisationId } = await createOrganisation(deps.people, { name, ownerUserId: userId });
    c.set('auditNote', { target: organisationId, details: { name } });
    return c.json({ organisationId, accountId: accountIdOf({ organisationId, openedBy: userId }) }, 201);
  };
}
