import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDatabase } from '#platform/parts/postgres.ts';
import { poll } from '#platform/poll.ts';
import { until } from '#stories/until.ts';
import { type LossesStage, openLossesStage, WHOLE_WITHIN_MS } from '../losses-stage.ts';

let on: LossesStage;

beforeAll(async () => {
  on = await openLossesStage();
});

afterAll(async () => {
  await on?.close();
});

const inDatabase = (sql: string) => withDatabase(on.env.DATABASE_URL ?? '', (client) => client.query(sql));

test('with Temporal hanging worker and API live on and say so, and all is whole when it goes on', async () => {
  await on.outlives({
    lose: () => on.hang('temporal'),
    missing: { api: ['temporal', 'worker'], worker: ['temporal'] },
    restore: () => on.goOn('temporal'),
    // What is taken meanwhile waits.
    meanwhile: async () => expect(await on.deliver('evt_while_temporal_hangs')).toBe(200),
  });
});

test('a worker that starts while Temporal hangs waits for it, and works when it goes on', async () => {
  await on.outlives({
    lose: async () => {
      await on.hang('temporal');
      await on.kill('worker');
    },
    missing: { worker: ['accounts', 'temporal', 'workspaces'] },
    restore: () => on.goOn('temporal'),
    survivors: ['api'],
  });
});

test('with PostgreSQL hanging worker and API live on and say so, and all is whole when it goes on', async () => {
  await on.outlives({
    lose: () => hangDatabase('SIGSTOP'),
    missing: { api: ['postgres'], worker: ['postgres'] },
    restore: () => hangDatabase('SIGCONT'),
    meanwhile: async () => expect(await on.deliver('evt_while_postgres_hangs')).toBe(503),
  });
});

test('with PostgreSQL read-only worker and API live on, an event is refused with 503, and all is whole when it can be written', async () => {
  await on.outlives({
    lose: () => setReadOnly('on'),
    missing: { api: [], worker: [] },
    restore: () => setReadOnly('off'),
    meanwhile: () =>
      until('events to be refused', 30_000, async () => (await on.deliver(`evt_read_only_${Date.now()}`)) === 503),
  });
});

test('an API that starts on a read-only database answers, and needs no other start when it can be written', async () => {
  await setReadOnly('on');
  const before = await on.pidOf('api');
  await on.kill('api');
  await until('the API to answer', WHOLE_WITHIN_MS, async () => {
    return (await fetch(`${on.env.LEASEHOLD_API_URL}/health`)).status === 200;
  });
  const pid = await on.pidOf('api');
  expect(pid).not.toBe(before);
  expect(await on.deliver('evt_read_only_start')).toBe(503);
  await setReadOnly('off');
  await on.isWhole();
  expect(await on.pidOf('api')).toBe(pid);
});

test('with every connection of PostgreSQL taken worker and API live on, and all is whole when they are given back', async () => {
  const taken: pg.Client[] = [];
  const takeAll = async () => {
    for (;;) {
      const client = new pg.Client({ connectionString: on.env.DATABASE_URL });
      client.on('error', () => undefined);
      try {
        await client.connect();
      } catch {
        return;
      }
      taken.push(client);
    }
  };
  const pids = [await on.pidOf('worker'), await on.pidOf('api')];
  await takeAll();
  // Those of the product that are used are ended, so that it has to ask for new ones.
  await taken[0]?.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'leasehold-%'",
  );
  await takeAll();
  await on.says({ api: ['postgres'], worker: ['postgres'] });
  expect(await on.deliver('evt_no_connection')).toBe(503);
  await Promise.all(taken.map((client) => client.end()));
  await on.isWhole();
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(pids);
});

test('with the Docker engine hanging worker and API live on and say so, and all is whole when it goes on', async ({
  skip,
}) => {
  const pid = await on.dockerPid();
  if (pid === null) return skip("the machine's own engine is not ours to stop");
  await on.outlives({
    lose: async () => void process.kill(pid, 'SIGSTOP'),
    missing: { worker: ['docker'], api: [] },
    restore: async () => void process.kill(pid, 'SIGCONT'),
  });
});

test('a worker that starts while the Docker engine hangs serves accounts, and workspaces when it goes on', async ({
  skip,
}) => {
  const pid = await on.dockerPid();
  if (pid === null) return skip("the machine's own engine is not ours to stop");
  await on.outlives({
    lose: async () => {
      process.kill(pid, 'SIGSTOP');
      await on.kill('worker');
    },
    missing: { worker: ['docker', 'workspaces'], api: [] },
    restore: async () => void process.kill(pid, 'SIGCONT'),
    survivors: ['api'],
  });
});

test('with the Docker engine killed worker and API live on, and all is whole when it is back by itself', async ({
  skip,
}) => {
  const pid = await on.dockerPid();
  if (pid === null) return skip("the machine's own engine is not ours to stop");
  const pids = [await on.pidOf('worker'), await on.pidOf('api')];
  process.kill(pid, 'SIGKILL');
  await until('the engine to be another process', WHOLE_WITHIN_MS, async () => {
    const now = await on.dockerPid();
    return now !== null && now !== pid;
  });
  await on.isWhole();
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(pids);
});

test('with Stripe hanging worker and API live on, and what it told is acted on when it goes on', async () => {
  const eventId = 'evt_while_stripe_hangs';
  const acted = async () => (await on.stage.prisma.stripeEvent.findUnique({ where: { id: eventId } }))?.actedAt != null;
  await on.outlives({
    lose: () => on.hang('simulator'),
    missing: {},
    restore: () => on.goOn('simulator'),
    meanwhile: async () => {
      expect(await on.deliver(eventId)).toBe(200);
      expect(await poll(acted, { timeoutMs: 5_000 })).toBe(false);
    },
  });
  await until('the event to be acted on', WHOLE_WITHIN_MS, acted);
});

test.each(['gone', 'hanging', 'refusing'] as const)(
  'with the mail server %s worker and API live on, and mails arrive when it is back',
  async (how) => {
    const port = Number(new URL(on.env.SMTP_URL ?? '').port);
    const greeting = how === 'refusing' ? '554 no mail here\r\n' : null;
    let standIn: { close(): Promise<void> } | undefined;
    await on.outlives({
      lose: async () => {
        await on.handle.killPart('mail');
        if (how !== 'gone') standIn = await answering(port, greeting);
      },
      missing: { api: [], worker: [] },
      // An address gets few such mails in ten minutes.
      meanwhile: async () => void (how !== 'gone' && (await asksForPassword())),
      restore: async () => {
        await standIn?.close();
        await on.handle.startPart('mail');
      },
    });
    const before = (await on.stage.mailbox.mails()).length;
    await asksForPassword();
    await until('a mail to arrive', WHOLE_WITHIN_MS, async () => (await on.stage.mailbox.mails()).length > before);
  },
);

test('with the simulator killed on a read-only disk, and the supervisor with it, workspaces run on', async () => {
  // The last one: there is no way back from it but another mount.
  const pids = [await on.pidOf('worker'), await on.pidOf('api')];
  on.disk.turnReadOnly();
  await on.kill('simulator');
  expect(await on.deliver('evt_on_a_read_only_disk')).toBe(503);
  expect((await on.stage.workspace.container()).status).toBe('running');
  expect([await on.pidOf('worker'), await on.pidOf('api')]).toEqual(pids);
});

function setReadOnly(value: 'on' | 'off'): Promise<void> {
  return withDatabase(on.env.DATABASE_URL ?? '', async (client) => {
    await client.query('SET default_transaction_read_only = off');
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await client.query('SELECT pg_reload_conf()');
  });
}

/** The server and all that serve its connections. */
async function hangDatabase(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const server = await on.pidOf('postgres');
  if (signal === 'SIGSTOP') {
    const { rows } = await inDatabase("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'");
    hung = [server, ...rows.map(({ pid }) => Number(pid))];
  }
  for (const pid of hung) {
    try {
      process.kill(pid, signal);
    } catch {
      // The connection that asked is gone.
    }
  }
}
let hung: number[] = [];

async function asksForPassword(): Promise<void> {
  const { userId } = await on.stage.prisma.account.findUniqueOrThrow({
    where: { id: on.stage.customer.accountId },
  });
  const user = await on.stage.prisma.user.findUniqueOrThrow({ where: { id: userId ?? '' } });
  const answer = await fetch(`${on.env.LEASEHOLD_API_URL}/api/auth/request-password-reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: on.env.LEASEHOLD_WEB_ORIGIN ?? '' },
    body: JSON.stringify({ email: user.email, redirectTo: `${on.env.LEASEHOLD_WEB_ORIGIN}/` }),
  });
  expect(answer.status).toBe(200);
}

/** A server that says one thing to whoever connects, or nothing. */
async function answering(port: number, greeting: string | null): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (greeting) socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
