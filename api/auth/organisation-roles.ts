import { createAccessControl } from 'better-auth/plugins/access';

/** What a member of an organisation may be. */
export const ORGANISATION_ROLES = ['owner', 'admin', 'billing', 'member'] as const;
export type OrganisationRole = (typeof ORGANISATION_ROLES)[number];

export function isOrganisationRole(role: string): role is OrganisationRole {
  return (ORGANISATION_ROLES as readonly string[]).includes(role);
}

/**
 * The roles as better-auth knows them. They are a second lock: what a role may do is decided in `domain/access` before, and
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
} satisfies Record<OrganisationRole, unknown>;
