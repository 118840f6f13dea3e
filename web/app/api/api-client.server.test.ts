import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ApiProblem, ApiUnreachable, createApiClient } from './api-client.server.ts';

let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  if (server?.listening) await once(server.close(), 'close');
});

async function api(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const visit = (headers: Record<string, string> = {}) => new Request('http://web.test/account', { headers });

test('the session and the origin go along, and nothing else of the visitor’s that could be trusted', async () => {
  let seen: IncomingMessage['headers'] = {};
  const url = await api((request, response) => {
    seen = request.headers;
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end('{}');
  });
  const client = createApiClient(
    { apiUrl: url, vouchedClient: '203.0.113.9 proof' },
    visit({
      cookie: 's=1',
      origin: 'http://web.test',
      authorization: 'Bearer x',
      'x-forwarded-for': '1.2.3.4',
      'x-leasehold-client': '1.2.3.4 made-up',
    }),
  );
  const { setCookies } = await client.post('/x', {});
  expect(setCookies).toEqual(['a=1', 'b=2']);
  expect(seen).toMatchObject({ cookie: 's=1', origin: 'http://web.test', 'content-type': 'application/json' });
  expect(seen['x-leasehold-client']).toBe('203.0.113.9 proof');
  expect(seen).not.toHaveProperty('authorization');
  expect(seen).not.toHaveProperty('x-forwarded-for');
});

test('a problem keeps its words, its code and its reference', async () => {
  const url = await api((_request, response) => {
    response.statusCode = 402;
    response.end(JSON.stringify({ title: 'T', detail: 'Pay first.', code: 'workspace-suspended', requestId: 'r-1' }));
  });
  const error = await createApiClient({ apiUrl: url, vouchedClient: null }, visit())
    .get('/x')
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiProblem);
  expect(error).toMatchObject({ status: 402, code: 'workspace-suspended', detail: 'Pay first.', requestId: 'r-1' });
  expect(error).toHaveProperty('told.title', 'T');
});

test('an error that is no problem document is still one for people', async () => {
  const url = await api((_request, response) => {
    response.statusCode = 502;
    response.end('<h1>Bad gateway</h1>');
  });
  const error = await createApiClient({ apiUrl: url, vouchedClient: null }, visit())
    .get('/x')
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 502, code: 'unknown', detail: 'That did not work.' });
});

test('an API that is not there is told apart from one that refuses', async () => {
  const url = await api(() => {});
  await once(server?.close() as Server, 'close');
  await expect(createApiClient({ apiUrl: url, vouchedClient: null }, visit()).get('/x')).rejects.toBeInstanceOf(
    ApiUnreachable,
  );
});

test('an answer without a body is one as well, and a redirect is handed on instead of followed', async () => {
  const url = await api((request, response) => {
    response.statusCode = request.method === 'DELETE' ? 204 : 302;
    if (request.method !== 'DELETE') response.setHeader('location', 'https://elsewhere.test/');
    response.end();
  });
  const client = createApiClient({ apiUrl: url, vouchedClient: null }, visit());
  expect(await client.delete('/x')).toEqual({ answer: null, setCookies: [] });
  expect((await client.getRaw('/x')).headers.get('location')).toBe('https://elsewhere.test/');
});
