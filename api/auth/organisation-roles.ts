import { createAccessControl } from 'better-auth/plugins/access';

import type { Role } from '#domain/access.ts';

/**
 * The roles as better-auth knows them. They are a second lock: what a role may do is decided in `domain/access.ts` before, and
 * none of better-auth's own routes for organisations and keys can be reached over HTTP.
 */
export const organisationAccess = createAccessControl({
  organization: ['update', 'delete'],
  member: ['create', 'update', 'delete'],
  invitation: ['create', 'cancel'],
  apiKey: ['create', 'read', 'update', 'delete'],
});

export const organisationRoles = {
  owner: organisationAccess.newRole({
    organization: ['update', 'delete'],
    member: ['create', 'update', 'delete'],
    invitation: ['create', 'cancel'],
    apiKey: ['create', 'read', 'update', 'delete'],
  }),
  admin: organisationAccess.newRole({
    organization: ['update'],
    member: ['create', 'update', 'delete'],
    invitation: ['create', 'cancel'],
    apiKey: ['create', 'read', 'update', 'delete'],
  }),
  billing: organisationAccess.newRole({ organization: [] }),
  member: organisationAccess.newRole({ organization: [] }),
} satisfies Record<Role, unknown>;
