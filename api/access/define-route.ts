import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { ACTIONS, type Action, OWN_ACTIONS, type OwnAction, rolesFor, type Scope } from '#domain/access.ts';
import type { ApiEnv } from '../api-env.ts';
import type { AuditedAction } from '../audit/audit-log.ts';
import { problemAnswer } from '../problem-schema.ts';

/** Where `defineRoute` finds the account that a request is about. */
type AccountPath = `/api/v1/accounts/{accountId}${'' | `/${string}`}` | `/api/v1/workspaces/{id}${'' | `/${string}`}`;

interface Guarded<Path extends string, Named> extends Omit<RouteConfig, 'path' | 'security' | 'middleware'> {
  path: Path;
  /** What `domain/access` calls it. */
  action: Named;
  /**
   * What the audit log calls it. `null`: it changes nothing of access, billing or workspaces. Default for GET: `null`;
   * others have to say.
   */
  audit?: AuditedAction | null;
}

/** As `createRoute` has it. Nothing else may be in the type, or `c.req.valid()` loses its own. */
type Defined<R> = R & { getRoutingPath(): string };

/**
 * A route about an account, or a workspace of one. Naming its action is what guards it and what describes it: who may, and
 * which refusals to expect.
 */
export function defineRoute<P extends AccountPath, R extends Guarded<P, Action>>(route: R): Defined<R> {
  const { needsOrganisation } = ACTIONS[route.action];
  return defineAccountRoute(route, 'account', {
    404: problemAnswer('None of yours: what is not there and what is not yours get the same answer.'),
    ...(needsOrganisation ? { 409: problemAnswer('`organisation-needed`: a personal account has no members.') } : {}),
  });
}

/**
 * A route about the account of whoever asks: the person's own, the key's, or that of the organisation that `organizationId` in
 * the body or the query names. As `defineRoute`. For the paths that existing systems' clients know.
 */
export function defineOwnAccountRoute<P extends string, R extends Guarded<P, Action>>(route: R): Defined<R> {
  return defineAccountRoute(route, 'own', {
    404: problemAnswer('Whoever asks has no account here, or is nothing in the organisation that is named.'),
  });
}

function defineAccountRoute<R extends Guarded<string, Action>>(
  route: R,
  guard: 'account' | 'own',
  ownRefusals: Refusals,
): Defined<R> {
  const { action, audit, ...config } = route;
  const { scope, needsGoodStanding } = ACTIONS[action];
  const rule = { action, audit: auditOf(route) };
  const refusals: Refusals = {
    ...refusalsOfAll(scope, config),
    ...ownRefusals,
    ...(needsGoodStanding ? { 402: problemAnswer('Suspended: amount, link to pay and what comes back.') } : {}),
  };
  return createRoute({
    ...config,
    security: SECURITY,
    description: described(config.description, action, scope),
    responses: together(refusals, config.responses),
    middleware: createMiddleware<ApiEnv>((c, next) => c.var.guard[guard](c, rule, next)),
    'x-action': action,
    'x-roles': rolesFor(action),
    'x-scope': scope,
  }) as unknown as Defined<R>;
}

/** A route about whoever asks. As `defineRoute`. */
export function defineOwnRoute<P extends string, R extends Guarded<P, OwnAction>>(route: R): Defined<R> {
  const { action, audit, ...config } = route;
  const { scope } = OWN_ACTIONS[action];
  const rule = { action, audit: auditOf(route) };
  return createRoute({
    ...config,
    security: SECURITY,
    description: described(config.description, null, scope),
    responses: together(refusalsOfAll(scope, config), config.responses),
    middleware: createMiddleware<ApiEnv>((c, next) => c.var.guard.self(c, rule, next)),
    'x-action': action,
    'x-scope': scope,
  }) as unknown as Defined<R>;
}

const SECURITY: Record<string, string[]>[] = [{ session: [] }, { key: [] }];

function auditOf({ method, path, audit }: Guarded<string, unknown>): AuditedAction | null {
  if (audit !== undefined) return audit;
  if (method === 'get') return null;
  throw new Error(`${method} ${path} has to say what the audit log calls it.`);
}

function described(description: string | undefined, action: Action | null, scope: Scope | null): string {
  const roles = action && `Roles: ${rolesFor(action).join(', ')}.`;
  const keys = scope === null ? 'No key may.' : `Keys: with the scope \`${scope}\`.`;
  return [description, roles, keys].filter(Boolean).join(' ');
}

type Refusals = { [status in number]?: ReturnType<typeof problemAnswer> };

/** A status that stands for more than one thing is described with all of them. */
function together(refusals: Refusals, own: RouteConfig['responses']): RouteConfig['responses'] {
  const both = Object.entries(refusals).flatMap(([status, answer]) => {
    if (!answer) return [];
    const said = own[Number(status)];
    const description = [answer.description, said && 'description' in said ? said.description : []].flat().join(' ');
    return [[status, { ...answer, description }]];
  });
  return { ...own, ...Object.fromEntries(both) };
}

function refusalsOfAll(scope: Scope | null, { request }: Pick<RouteConfig, 'request'>): Refusals {
  return {
    400: problemAnswer('`request-invalid` names what is malformed.'),
    ...(request?.body
      ? {
          413: problemAnswer('`body-too-large`.'),
          415: problemAnswer('`content-type-unsupported`: bodies are JSON.'),
        }
      : {}),
    401: problemAnswer('`unauthenticated`, `key-invalid`, `key-expired` or `key-revoked`.'),
    403: problemAnswer(
      scope === null
        ? '`role-missing` names the roles that may; `person-needed`: no key may.'
        : '`role-missing` names the roles that may; `scope-missing` the scope that the key lacks.',
    ),
    429: problemAnswer('The key is used too often; `Retry-After` says when to go on.'),
  };
}
