import { createHmac } from 'node:crypto';

/**
 * The bearer token of a workspace's gateway. It is derived, so nothing is stored, and knowing one tells nothing about
 * another.
 *
 * @param internalToken `LEASEHOLD_INTERNAL_TOKEN`
 */
export function workspaceToken(internalToken: string, workspaceId: string): string {
  return createHmac('sha256', internalToken).update(`workspace-gateway:${workspaceId}`).digest('base64url');
}
