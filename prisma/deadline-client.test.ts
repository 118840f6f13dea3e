import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { isDatabaseUnavailable } from '#api/database-unavailable.ts';
import { createPrisma } from './client.ts';
import { deadlinePool } from './deadline-client.ts';

/** A server that lets everybody in and answers `SELECT 1` once: then it hangs, as one that was stopped with SIGSTOP. */

let server: Server | undefined;
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server?.close();
});

const message = (type: string, body: Buffer) => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = message('Z', Buffer.from('I'));
const WELCOME = Buffer.concat([message('R', Buffer.alloc(4)), READY]);

/** @param isWelcoming whether it greets, or takes the connection and says nothing */
async function hangingServer(isWelcoming = true): Promise<string> {
  const made = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    if (isWelcoming) socket.once('data', () => socket.write(WELCOME));
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `postgresql://u:p@127.0.0.1:${(made.address() as AddressInfo).port}/d`;
}

const deadlines = { connectMs: 200, statementMs: 150, answerMs: 200 };

test('a query that gets no answer fails in time, and its connection is closed and not given out again', async () => {
  const pool = new pg.Pool({ connectionString: await hangingServer(), max: 1, ...deadlinePool(deadlines) });
  pool.on('error', () => {});
  for (let attempt = 0; attempt < 2; attempt += 1) {
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    await expect.poll(() => [pool.totalCount, sockets.size]).toEqual([0, 0]);
  }
  await pool.end();
});

test('a transaction whose query gets no answer leaves no connection that is still in it', async () => {
  const pool = new pg.Pool({ connectionString: await hangingServer(), max: 1, ...deadlinePool(deadlines) });
  pool.on('error', () => {});
  const client = await pool.connect();
  await expect(client.query('BEGIN')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await expect(client.query('ROLLBACK')).rejects.toThrow();
  // As a driver does that believes that it rolled back.
  client.release();
  await expect.poll(() => [pool.totalCount, sockets.size]).toEqual([0, 0]);
  await pool.end();
});

test.each([
  ['greets and then hangs', true],
  ['takes connections and says nothing', false],
])('through Prisma, of a server that %s every query and every transaction ends in time', async (_what, isWelcoming) => {
  const prisma = createPrisma(await hangingServer(isWelcoming), { maxConnections: 2, deadlines });
  const began = performance.now();
  const ends = await Promise.allSettled([
    prisma.user.findMany(),
    prisma.$queryRaw`SELECT 1`,
    prisma.$transaction((tx) => tx.user.count()),
    ...Array.from({ length: 5 }, () => prisma.account.count()),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'rejected'));
  for (const end of ends) expect(end.status === 'rejected' && isDatabaseUnavailable(end.reason)).toBe(true);
  expect(performance.now() - began).toBeLessThan(5_000);
  await prisma.$disconnect();
});
