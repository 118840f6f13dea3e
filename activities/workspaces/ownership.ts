import { WorkspaceFailed } from './workspace-failure.ts';

/** Who a container, a network and a volume belong to. All four are labels on each of them. */
export interface Owner {
  /** Tells installations on one engine apart. */
  installation: string;
  hostId: string;
  accountId: string;
  workspaceId: string;
}

export const INSTALLATION_LABEL = 'leasehold.installation';
export const HOST_LABEL = 'leasehold.host';
export const ACCOUNT_LABEL = 'leasehold.account';
export const WORKSPACE_LABEL = 'leasehold.workspace';

/** What the names of all containers, networks and volumes of an installation begin with. */
export function namePrefix(installation: string): string {
  return `leasehold-${installation.slice(0, 8)}-`;
}

/** Name of a workspace's container, network and volume alike. Two installations on one engine don't clash. */
export function objectName({ installation, workspaceId }: Pick<Owner, 'installation' | 'workspaceId'>): string {
  return `${namePrefix(installation)}${workspaceId}`;
}

export function ownerLabels(owner: Owner): Record<string, string> {
  return {
    [INSTALLATION_LABEL]: owner.installation,
    [HOST_LABEL]: owner.hostId,
    [ACCOUNT_LABEL]: owner.accountId,
    [WORKSPACE_LABEL]: owner.workspaceId,
  };
}

export function isOwned(labels: Record<string, string> | null | undefined, owner: Owner): boolean {
  return Object.entries(ownerLabels(owner)).every(([name, value]) => labels?.[name] === value);
}

/** Throws `WorkspaceFailed` for an object with our name that somebody else made. It is never adopted nor touched. */
export function assertOwned(kind: string, labels: Record<string, string> | null | undefined, owner: Owner): void {
  if (isOwned(labels, owner)) return;
  const name = objectName(owner);
  throw new WorkspaceFailed(
    'FOREIGN_OBJECT',
    `A ${kind} named ${name} exists on the host that does not belong to this workspace. It was left alone; support has to rename or remove it.`,
    { kind, name },
  );
}
