import { setTimeout as delay } from 'node:timers/promises';
import type { Mail, Mailer } from '#mail/mailer.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Metrics } from '../metrics.ts';
import { Problem } from '../problem.ts';
import type { RateLimits, RateRule } from '../rate-limits.ts';

/** Mails that go to one address that somebody typed, whoever asks for them and for whatever reason. */
export const MAILS_TO_AN_ADDRESS: RateRule = { name: 'mail', max: 5, windowSeconds: 600 };

export interface PostOffice {
  /**
   * Sends a mail after the request was answered: how long an answer takes must not tell whether an address is known.
   * A mail that can't be sent is tried again twice, then given up and logged without its address: the person asks again.
   * One too many for its address (`MAILS_TO_AN_ADDRESS`) is not sent.
   */
  post(mail: Mail): void;
  /**
   * Counts a mail to an address before it is written, where whoever asks may be told; it goes out with `postCounted`.
   *
   * @throws Problem 429 `rate-limited` when it would be one too many
   */
  count(address: string): Promise<void>;
  /** As `post`, for a mail that `count` has let through. */
  postCounted(mail: Mail): void;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
}

export interface PostOfficeOptions {
  /** Milliseconds before each further attempt. Default 500 and 3,000. */
  retryAfterMs?: readonly number[];
}

/** The way of every mail to an address that somebody typed. `limits` counts in PostgreSQL: for all API processes together. */
export function createPostOffice(
  {
    mailer,
    log,
    limits,
    metrics,
  }: { mailer: Mailer; log: Logger; limits: Pick<RateLimits, 'count'>; metrics?: Pick<Metrics, 'refusals'> },
  { retryAfterMs = [500, 3_000] }: PostOfficeOptions = {},
): PostOffice {
  const underWay = new Set<Promise<void>>();

  async function countAll({ to, template }: Mail): Promise<boolean> {
    try {
      for (const { address } of to) await count(address);
      return true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      metrics?.refusals.inc({ door: 'mail', reason: 'rate' });
      log.warn({ template }, 'a mail was not sent: its address has had too many');
      return false;
    }
  }

  const count = (address: string) => limits.count(MAILS_TO_AN_ADDRESS, address.trim().toLowerCase());

  async function send(mail: Mail, isCounted: boolean): Promise<void> {
    let counted = isCounted;
    for (const waitMs of [...retryAfterMs, null]) {
      try {
        if (!counted && !(await countAll(mail))) return;
        counted = true;
        return await mailer.send(mail);
      } catch (error) {
        // The error's text repeats addresses.
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        log.warn({ template: mail.template, code, givenUp: waitMs === null }, 'a mail could not be sent');
        if (waitMs !== null) await delay(waitMs);
      }
    }
  }

  function begin(mail: Mail, isCounted: boolean): void {
    const sending = send(mail, isCounted).finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  return {
    post: (mail) => begin(mail, false),
    count,
    postCounted: (mail) => begin(mail, true),
    async settled() {
      await Promise.all(underWay);
    },
  };
}
