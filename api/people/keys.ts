import { isAPIError } from 'better-auth/api';
import type { Scope } from '#domain/access.ts';
import { scopesOf } from '../auth/find-principal.ts';
import type { KeyReference } from '../auth/principal.ts';
import { Problem } from '../problem.ts';
import type { PeopleDeps } from './people-deps.ts';

export interface KeySummary {
  id: string;
  name: string;
  /** Its first characters, to tell it from others. */
  start: string;
  scopes: Scope[];
  state: 'active' | 'expired' | 'revoked';
  createdAt: string;
  expiresAt: string | null;
  /** Exact to a minute; `null` before its first use. */
  lastUsedAt: string | null;
}

export interface KeyOrder {
  reference: KeyReference;
  /** 1 to 80 characters. */
  name: string;
  /** At least one. */
  scopes: readonly Scope[];
  /** `null`: until it is revoked. Two years ahead at most. */
  expiresAt: Date | null;
  /** Who makes it: of an organisation's key an owner or admin of it, else the person whose it is. */
  createdBy: string;
}

/**
 * Makes a key. `secret` is told here and never again: a hash of it is all that is stored.
 *
 * @throws Problem 400 `request-invalid` for a time that is past or too far, no scope, or a name of the wrong length; 403
 * `forbidden` when `createdBy` may not make it
 */
export async function createKey(
  { auth, prisma }: PeopleDeps,
  { reference, name, scopes, expiresAt, createdBy }: KeyOrder,
): Promise<KeySummary & { secret: string }> {
  const expiresIn = expiresAt && Math.ceil((expiresAt.getTime() - Date.now()) / 1_000);
  if (expiresIn !== null && expiresIn <= 0) throw invalid('The key would have expired already. Choose a later time.');
  if (scopes.length === 0) throw invalid('A key needs at least one scope.');
  if (reference.kind === 'user' && reference.id !== createdBy) throw forbidden();
  const made = await auth.api
    .createApiKey({
      body: {
        configId: reference.kind,
        name,
        expiresIn,
        permissions: { scopes: [...scopes] },
        userId: createdBy,
        ...(reference.kind === 'organisation' ? { organizationId: reference.id } : {}),
      },
    })
    .catch((error: unknown) => {
      if (!isAPIError(error) || error.statusCode >= 500) throw error;
      throw error.statusCode === 403 ? forbidden(error) : invalid(`${error.body?.message ?? error.message}.`, error);
    });
  const row = await prisma.apiKey.findUniqueOrThrow({ where: { id: made.id } });
  return { ...summary(row), secret: made.key };
}

/** All keys of a person or an organisation, newest first; also those that are over. */
export async function listKeys({ prisma }: Pick<PeopleDeps, 'prisma'>, reference: KeyReference): Promise<KeySummary[]> {
  const rows = await prisma.apiKey.findMany({
    where: ownedBy(reference),
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
  });
  return rows.map(summary);
}

/** From now on whoever sends it is refused. Safe to repeat. @throws Problem 404 `key-not-found` */
export async function revokeKey(
  { prisma }: Pick<PeopleDeps, 'prisma'>,
  { reference, keyId }: { reference: KeyReference; keyId: string },
): Promise<void> {
  const { count } = await prisma.apiKey.updateMany({
    where: { id: keyId, ...ownedBy(reference) },
    data: { enabled: false },
  });
  if (count > 0) return;
  throw new Problem(404, 'key-not-found', 'There is no such key', 'Reload the list of keys and choose again.');
}

function ownedBy({ kind, id }: KeyReference) {
  return kind === 'user' ? { userId: id } : { organisationId: id };
}

interface Row {
  id: string;
  name: string | null;
  start: string | null;
  permissions: string | null;
  enabled: boolean;
  createdAt: Date;
  expiresAt: Date | null;
  lastRequest: Date | null;
}

function summary(row: Row): KeySummary {
  const expired = row.expiresAt !== null && row.expiresAt.getTime() <= Date.now();
  return {
    id: row.id,
    name: row.name ?? '',
    start: row.start ?? '',
    scopes: scopesOf(row.permissions),
    state: !row.enabled ? 'revoked' : expired ? 'expired' : 'active',
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastRequest?.toISOString() ?? null,
  };
}

function invalid(detail: string, cause?: unknown): Problem {
  return new Problem(400, 'request-invalid', 'The request is malformed', detail, { cause });
}

function forbidden(cause?: unknown): Problem {
  return new Problem(
    403,
    'forbidden',
    'This is not yours to do',
    'Ask an owner or admin of the organisation to make the key.',
    { cause },
  );
}
