import { createHash, randomUUID } from 'node:crypto';
import type { PrismaClient } from '#prisma/client.ts';
import { Problem } from './problem.ts';

export interface RateRule {
  /** Names what is counted: part of the key in the table. */
  name: string;
  /** What is let through within a window. */
  max: number;
  /** Length of a window, from its first count; an hour at most, or better-auth's clean-up takes its count away. */
  windowSeconds: number;
  /** For people: what was done too often, as `workspaces were created`. Default: nothing of the kind is said. */
  what?: string;
}

export interface RateLimits {
  /**
   * Counts one attempt of `subject`.
   *
   * @param subject whose attempt it is, such as a key's id or a mail address; stored as a hash
   * @throws Problem 429 `rate-limited` with `Retry-After` when the window is used up; the attempt is then to be refused
   */
  count(rule: RateRule, subject: string): Promise<void>;
  /** Forgets the attempts of `subject`. */
  forget(rule: RateRule, subject: string): Promise<void>;
}

/** Counts of attempts in PostgreSQL, shared by all API processes. Each is one statement: attempts at once are all counted. */
export function createRateLimits(prisma: PrismaClient): RateLimits {
  return {
    async count(rule, subject) {
      const windowMs = rule.windowSeconds * 1_000;
      const [row] = await prisma.$queryRaw<{ count: number; sinceMs: number }[]>`
        WITH present AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms)
        INSERT INTO rate_limit AS stored (id, key, count, last_request)
        SELECT ${randomUUID()}, ${keyOf(rule, subject)}, 1, now_ms FROM present
        ON CONFLICT (key) DO UPDATE SET
          count = CASE WHEN stored.last_request <= EXCLUDED.last_request - ${windowMs}::bigint THEN 1
                       ELSE least(stored.count + 1, ${rule.max + 1}) END,
          last_request = CASE WHEN stored.last_request <= EXCLUDED.last_request - ${windowMs}::bigint
                       THEN EXCLUDED.last_request ELSE stored.last_request END
        RETURNING count, ((SELECT now_ms FROM present) - last_request)::float8 AS "sinceMs"`;
      if (!row || row.count <= rule.max) return;
      throw rateLimited(Math.max(1, Math.ceil((windowMs - row.sinceMs) / 1_000)), rule);
    },
    async forget(rule, subject) {
      await prisma.rateLimit.deleteMany({ where: { key: keyOf(rule, subject) } });
    },
  };
}

/** Too many attempts: what to do is to wait. */
export function rateLimited(retryAfterSeconds: number, rule?: RateRule): Problem {
  const why =
    rule?.what === undefined
      ? 'This was tried too often.'
      : `Too many ${rule.what}: ${rule.max} in ${Math.round(rule.windowSeconds / 60)} minutes is the limit.`;
  return new Problem(429, 'rate-limited', 'Too many attempts', `${why} Try again in ${retryAfterSeconds} seconds.`, {
    retryAfterSeconds,
    ...(rule?.what === undefined ? {} : { data: { limit: rule.max, windowSeconds: rule.windowSeconds } }),
  });
}

function keyOf({ name }: RateRule, subject: string): string {
  return `${name}|${createHash('sha256').update(subject).digest('base64url')}`;
}
