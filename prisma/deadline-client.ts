import pg from 'pg';

/** Waits of one process for PostgreSQL, in milliseconds. */
export interface DatabaseDeadlines {
  /** For a connection: a free one of the pool, or a new one. */
  connectMs: number;
  /** For a statement, enforced by the server: one that is slow, or waits for a lock, is ended with 57014. */
  statementMs: number;
  /** For the answer to a statement, enforced here: a server that hangs enforces nothing. The connection is closed. */
  answerMs: number;
}

/**
 * A connection on which nothing waits for ever. A query whose answer is late closes the connection, so that no pool hands it out
 * again: what it was at, a transaction for example, is over, and who comes next gets a new one. (`query_timeout` of `pg` gives the
 * connection back with the old query still on it.)
 */
export function deadlineClient(answerMs: number): typeof pg.Client {
  return class DeadlineClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      // A connection that breaks while nobody asks anything of it ends no process.
      this.on('error', () => {});
    }

    // The signatures of `pg` are many: each ends in a callback, or in a promise.
    // biome-ignore lint/suspicious/noExplicitAny: as `pg` has it
    override query(...order: any[]): any {
      const timer = setTimeout(() => this.giveUp(), answerMs);
      const at = order.findIndex((each) => typeof each === 'function');
      if (at >= 0) {
        const callback = order[at] as (...result: unknown[]) => void;
        order[at] = (...result: unknown[]) => {
          clearTimeout(timer);
          callback(...result);
        };
      }
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const asked = (super.query as (...order: any[]) => any)(...order);
      if (typeof asked?.then === 'function') {
        const end = () => clearTimeout(timer);
        asked.then(end, end);
      }
      return asked;
    }

    private giveUp(): void {
      // Whoever waits gets this error, as for any connection that breaks.
      const error = new Error(`PostgreSQL did not answer within ${answerMs} ms.`);
      const { connection } = this as unknown as { connection: { stream: { destroy(error: Error): void } } };
      connection.stream.destroy(
        Object.assign(error, {
          code: 'ETIMEDOUT',
          errno: -110,
          syscall: 'read',
        } satisfies Partial<NodeJS.ErrnoException>),
      );
    }
  };
}

/** What a pool of `pg` is given so that none of its waits is without an end. */
export function deadlinePool({ connectMs, statementMs, answerMs }: DatabaseDeadlines): pg.PoolConfig {
  return {
    Client: deadlineClient(answerMs) as unknown as pg.PoolConfig['Client'],
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  } as pg.PoolConfig;
}
