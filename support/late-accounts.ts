import type { PrismaClient } from '#prisma/client.ts';
import { LATE_AFTER_MINUTES, MOST_LISTED, type Trouble, type TroubleKind } from './trouble.ts';

/** Counting ends there. */
const MOST_COUNTED = 10_000;

/** Troubles of a kind that PostgreSQL tells. */
export interface Found {
  found: Trouble[];
  count: number;
}

interface OverdueRow {
  id: string;
  nextDeadline: Date;
  dueSeconds: number;
}

/**
 * Accounts whose next deadline has passed and that saved nothing since. An account's clock is wall time + (`saved_at` -
 * `updated_at`): the two differ where a test or a story has moved its time. Read off the index `account_due`.
 */
export async function findOverdue(prisma: PrismaClient): Promise<Found> {
  const rows = await prisma.$queryRaw<OverdueRow[]>`
    SELECT id, next_deadline AS "nextDeadline",
           extract(epoch FROM (next_deadline - saved_at) + (updated_at - '2000-01-01 00:00:00+00'::timestamptz))::float8
             AS "dueSeconds"
    FROM account
    WHERE (next_deadline - saved_at) + (updated_at - '2000-01-01 00:00:00+00'::timestamptz)
      < now() - '2000-01-01 00:00:00+00'::timestamptz - make_interval(mins => ${LATE_AFTER_MINUTES}::int)
    ORDER BY (next_deadline - saved_at) + (updated_at - '2000-01-01 00:00:00+00'::timestamptz)
    LIMIT ${MOST_COUNTED}`;
  const found = rows.slice(0, MOST_LISTED).map(({ id, nextDeadline, dueSeconds }) => ({
    kind: 'overdue' as const,
    accountId: id,
    about: id,
    since: new Date(Date.UTC(2000, 0, 1) + dueSeconds * 1_000).toISOString(),
    detail:
      `Its next step was due at ${nextDeadline.toISOString()} in its own time, and nothing was saved since. Likely causes: ` +
      'Stripe does not answer or refuses the key (deadlines wait for it), PostgreSQL refuses the save, no worker runs, ' +
      "its workflow is gone, or its workflow's task fails.",
    cure: `\`bin/leasehold account show ${id}\` says which; \`bin/leasehold account repair ${id}\` brings back a workflow that is gone or fails`,
  }));
  return { found, count: rows.length };
}

/**
 * Accounts with events that were accepted a while ago and not acted on: forwarded, or waiting to be although the customer's
 * account is known. An event of a customer whom no account has is no trouble: it waits by design.
 */
export async function findNotActedOn(prisma: PrismaClient): Promise<Found> {
  const rows = await prisma.$queryRaw<{ accountId: string; events: number; since: Date; waiting: number }[]>`
    SELECT account_id AS "accountId", count(*)::int AS events, min(since) AS since,
           count(*) FILTER (WHERE forwarded_at IS NULL)::int AS waiting
    FROM (
      SELECT a.id AS account_id, e.forwarded_at, greatest(e.received_at, e.replayed_at) AS since
      FROM stripe_event e JOIN account a ON a.id = e.account_id
      WHERE e.acted_at IS NULL AND e.account_id IS NOT NULL
      UNION ALL
      SELECT a.id, e.forwarded_at, greatest(e.received_at, e.replayed_at)
      FROM stripe_event e JOIN account a ON a.stripe_customer_id = e.customer_id
      WHERE e.forwarded_at IS NULL AND e.customer_id IS NOT NULL AND e.acted_at IS NULL AND e.account_id IS NULL
    ) AS not_acted_on
    WHERE since < now() - make_interval(mins => ${LATE_AFTER_MINUTES}::int)
    GROUP BY account_id ORDER BY min(since) LIMIT ${MOST_COUNTED}`;
  const found = rows.slice(0, MOST_LISTED).map(({ accountId, events, since, waiting }) => ({
    kind: 'event-not-acted-on' as const,
    accountId,
    about: accountId,
    since: since.toISOString(),
    detail:
      `${events === 1 ? 'An event' : `${events} events`} of Stripe ${events === 1 ? 'was' : 'were'} accepted and not acted on` +
      `${waiting > 0 ? `, ${waiting} not even forwarded (Temporal is away, or refuses the signal: the API's log)` : ''}. ` +
      "Likely causes: Stripe does not answer or refuses the key, no worker runs, or the account's workflow is stuck.",
    cure: `\`bin/leasehold account show ${accountId}\` says which; \`bin/leasehold account repair ${accountId}\` brings back a workflow that is stuck`,
  }));
  return { found, count: rows.length };
}

/** Accounts of which something was set aside and is not settled. */
export async function findSetAside(prisma: PrismaClient): Promise<Found> {
  const rows = await prisma.$queryRaw<{ accountId: string; since: Date; parts: string[]; count: number }[]>`
    SELECT account_id AS "accountId", min(at) AS since, count(*)::int AS count,
           (array_agg(what || ' ' || about || ' (' || reason || ')' ORDER BY at))[1:5] AS parts
    FROM set_aside WHERE settled_at IS NULL
    GROUP BY account_id ORDER BY min(at) LIMIT ${MOST_COUNTED}`;
  const found = rows.slice(0, MOST_LISTED).map(({ accountId, since, parts, count }) => ({
    kind: 'set-aside' as const,
    accountId,
    about: accountId,
    since: since.toISOString(),
    detail: `PostgreSQL refused part of its saves for what it says, and the account goes on without it: ${parts.join('; ')}${
      count > parts.length ? `; and ${count - parts.length} more` : ''
    }.`,
    cure: `\`bin/leasehold account show ${accountId}\` shows what it was; store by hand what matters, then \`bin/leasehold account settle ${accountId}\``,
  }));
  return { found, count: rows.length };
}

/** The kinds that PostgreSQL tells. */
export const FIND_IN_DATABASE: Record<
  Exclude<TroubleKind, 'workflow-task-fails' | 'workflow-gone'>,
  (prisma: PrismaClient) => Promise<Found>
> = {
  overdue: findOverdue,
  'event-not-acted-on': findNotActedOn,
  'set-aside': findSetAside,
};
