import { setTimeout as delay } from 'node:timers/promises';
import type { Mail, Mailer } from '#mail/mailer.ts';
import type { Logger } from '#telemetry/logger.ts';

export interface PostOffice {
  /**
   * Sends a mail after the request was answered: how long an answer takes must not tell whether an address is known.
   * A mail that can't be sent is tried again twice, then given up and logged without its address: the person asks again.
   */
  post(mail: Mail): void;
  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void>;
}

export interface PostOfficeOptions {
  /** Milliseconds before each further attempt. Default 500 and 3,000. */
  retryAfterMs?: readonly number[];
}

export function createPostOffice(
  { mailer, log }: { mailer: Mailer; log: Logger },
  { retryAfterMs = [500, 3_000] }: PostOfficeOptions = {},
): PostOffice {
  const underWay = new Set<Promise<void>>();

  async function send(mail: Mail): Promise<void> {
    for (const waitMs of [...retryAfterMs, null]) {
      try {
        return await mailer.send(mail);
      } catch (error) {
        // The error's text repeats addresses.
        const code = error instanceof Error && 'code' in error ? error.code : undefined;
        log.warn({ template: mail.template, code, givenUp: waitMs === null }, 'a mail could not be sent');
        if (waitMs !== null) await delay(waitMs);
      }
    }
  }

  return {
    post(mail) {
      const sending = send(mail).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
