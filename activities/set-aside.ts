import { createHash } from 'node:crypto';
import type { Prisma, PrismaClient } from '#prisma/client.ts';
import type { DatabaseRefusal } from './database-refusal.ts';

/** Part of a save that PostgreSQL refuses for what it says. */
export interface SetAsidePart {
  what: 'account' | 'workspace' | 'placements' | 'timeline-entry' | 'events' | 'text' | 'billing';
  /** Id of the workspace or the entry, or the path of a text. */
  about: string;
  refusal: DatabaseRefusal;
  /** What was to be stored. */
  content: unknown;
}

/** Longer contents are cut: support needs to see what it was, not all of it. */
const MOST_CONTENT = 16_384;

/** Keeps for support what could not be stored. The same again is one row. */
export async function keepSetAside(
  tx: Pick<PrismaClient, 'setAside'> | Prisma.TransactionClient,
  accountId: string,
  parts: SetAsidePart[],
): Promise<void> {
  const data = parts.map(({ what, about, refusal, content }) => {
    const text = toAscii(content);
    const digest = createHash('sha256')
      .update(JSON.stringify([accountId, what, about, text]))
      .digest('base64url');
    const row = { accountId: toAscii(accountId).slice(1, -1), what, about: toAscii(about).slice(1, -1) };
    return { id: digest, ...row, reason: `${refusal.code}: ${refusal.reason}`, content: text.slice(0, MOST_CONTENT) };
  });
  await tx.setAside.createMany({ data, skipDuplicates: true });
}

/** JSON whose characters are all printable ASCII: PostgreSQL takes it whatever it tells of. */
function toAscii(content: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // Without the flag `u` halves of characters are seen one by one.
  return (JSON.stringify(content) ?? 'null').replace(/[^\x20-\x7e]/g, escaped);
}
