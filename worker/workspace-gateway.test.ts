import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { InternalProblem } from './internal-problem.ts';
import { sendToGateway } from './workspace-gateway.ts';

/** The gateway of a workspace is its customer's: here it answers as it likes. */

let server: Server | undefined;
const refusedBecause: string[] = [];

afterEach(() => {
  server?.close();
  if (server && 'closeAllConnections' in server) (server.closeAllConnections as () => void)();
  refusedBecause.length = 0;
});

async function listening(made: Server): Promise<string> {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

function gateway(listener: RequestListener): Promise<string> {
  return listening(createServer(listener));
}

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  return gateway((_, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function send(url: string) {
  const message = { plugin: 'echo', payload: 1, executionId: 'ours' };
  return sendToGateway({ url, token: 't' }, message, { onRefused: (because) => refusedBecause.push(because) });
}

async function refusalOf(url: string): Promise<InternalProblem> {
  return send(url).then(
    (answer) => {
      throw new Error(`It was taken: ${JSON.stringify(answer).slice(0, 100)}`);
    },
    (error: unknown) => error as InternalProblem,
  );
}

test.each([1e308, -1e300, 'NaN', null, '1e5'])(
  'a duration of %s that the workspace states counts for nothing: it is as we saw it',
  async (durationMs) => {
    const url = await answering(200, { plugin: 'mine', result: 'ok', durationMs, executionId: 'mine' });
    const answer = await send(url);
    expect(answer).toMatchObject({ plugin: 'echo', result: 'ok', executionId: 'ours' });
    expect(answer.durationMs).toBeGreaterThanOrEqual(0);
    expect(answer.durationMs).toBeLessThan(10_000);
  },
);

test.each([200, 404, 500])(
  'an answer of %i that has neither a result nor a reason is an execution that failed',
  async (status) => {
    const url = await answering(
      status,
      status === 200 ? { durationMs: 1 } : { plugin: 'echo', result: 'free', durationMs: 1 },
    );
    const refusal = await refusalOf(url);
    expect(refusal).toMatchObject({ status: 502, code: 'gateway-answer-refused' });
    expect(refusal.data).toEqual({
      gatewayCode: 'ANSWER_MALFORMED',
      executionId: 'ours',
      durationMs: expect.any(Number),
    });
    expect(refusedBecause).toEqual(['no-answer-of-a-gateway']);
  },
);

test('a refusal before anything ran is none of an execution, one after is, and a reason of its own making is no way out', async () => {
  const refuse = (status: number, code: string, more = {}) =>
    answering(status, { detail: 'no', code, durationMs: 1e308, ...more }).then(refusalOf);
  expect((await refuse(404, 'PLUGIN_NOT_FOUND')).data).toEqual({ gatewayCode: 'PLUGIN_NOT_FOUND' });
  const ran = { executionId: 'ours', durationMs: expect.any(Number) };
  const failed = await refuse(422, 'PLUGIN_FAILED', { executionId: 'ours' });
  expect(failed.data).toEqual({ gatewayCode: 'PLUGIN_FAILED', ...ran });
  expect(failed.data.durationMs).toBeLessThan(10_000);
  expect((await refuse(422, 'DID_NOT_RUN_BELIEVE_ME')).data).toEqual({ gatewayCode: 'DID_NOT_RUN_BELIEVE_ME', ...ran });
});

test('the text of a refusal is one line that people can read, cut', async () => {
  const refusal = await refusalOf(
    await answering(422, { code: 'PLUGIN_FAILED', detail: `a\0b\nc${'x'.repeat(5_000)}` }),
  );
  expect(refusal.message).toMatch(/^a b cx+$/);
  expect(refusal.message).toHaveLength(500);
});

const FILLING = Buffer.alloc(64 * 1024, '1,');

test.each<[string, RequestListener, string]>([
  [
    'JSON without end',
    (_, response) => {
      response.write('{"result":[');
      const fill = () => {
        while (response.writable && response.write(FILLING));
        response.once('drain', fill);
      };
      fill();
    },
    'ANSWER_TOO_LARGE',
  ],
  [
    'a bomb that is compressed',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(2 ** 24))),
    'ANSWER_ENCODED',
  ],
  [
    'a redirect',
    (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end('{}'),
    'ANSWER_MALFORMED',
  ],
  [
    'JSON that is deep',
    (_, response) => response.end(`{"result":${'['.repeat(9_999)}${']'.repeat(9_999)}}`),
    'ANSWER_TOO_DEEP',
  ],
  [
    'half an answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"result":');
      setImmediate(() => response.destroy());
    },
    'ANSWER_CUT_OFF',
  ],
  ['what is no JSON', (_, response) => response.end('<html>'), 'ANSWER_MALFORMED'],
])('%s is refused, counted, and nothing of it is passed on', async (_what, listener, gatewayCode) => {
  const refusal = await refusalOf(await gateway(listener));
  expect(refusal).toMatchObject({ status: 502, code: 'gateway-answer-refused', data: { gatewayCode } });
  expect(refusal.message.length).toBeLessThan(300);
  expect(refusedBecause).toHaveLength(1);
});

test('a head without end is refused', async () => {
  const url = await listening(
    createTcpServer((socket: Socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\n');
      const fill = () => {
        while (socket.writable && socket.write(`x-${'y'.repeat(1_000)}: 1\r\n`));
        socket.once('drain', fill);
      };
      fill();
    }),
  );
  expect((await refusalOf(url)).data.gatewayCode).toBe('ANSWER_TOO_LARGE');
});
