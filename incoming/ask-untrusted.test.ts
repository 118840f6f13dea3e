import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { askUntrusted } from './ask-untrusted.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serving(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
}

test.each<[string, RequestListener]>([
  ['takes the request and says nothing', () => {}],
  ['begins an answer and never ends it', (_, response) => void response.write('{')],
  [
    'sends a little now and then',
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    },
  ],
  [
    'says without end that it is coming',
    (_, response) => {
      const timer = setInterval(() => response.writeEarlyHints({ link: '</style.css>; rel=preload' }), 10);
      response.on('close', () => clearInterval(timer));
    },
  ],
])('a server that %s is given up in time, all in all, and its connection closed', async (_what, listener) => {
  const url = await serving(listener);
  const began = performance.now();
  const asked = askUntrusted(url, { method: 'GET' }, { maxBytes: 1_000, withinMs: 150 });
  await expect(asked).rejects.toMatchObject({ name: 'AnswerRefused', because: 'too-slow' });
  expect(performance.now() - began).toBeLessThan(3_000);
  await expect
    .poll(() => new Promise<number>((resolve) => server?.getConnections((_, count) => resolve(count))))
    .toBe(0);
});

test('a server that is not there is the error of the socket, and a redirect an answer that nobody follows', async () => {
  const limit = { maxBytes: 1_000, withinMs: 5_000 };
  await expect(askUntrusted('http://127.0.0.1:1/', { method: 'GET' }, limit)).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  const url = await serving((_, response) => response.writeHead(302, { location: '/elsewhere' }).end('gone'));
  const { status, body } = await askUntrusted(url, { method: 'GET' }, limit);
  expect([status, body.toString()]).toEqual([302, 'gone']);
});

test('a server that changes the protocol is refused at once', async () => {
  const url = await serving(() => {});
  server?.removeAllListeners('request');
  server?.on('request', (request) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
  });
  const asked = askUntrusted(url, { method: 'GET' }, { maxBytes: 1_000, withinMs: 5_000 });
  await expect(asked).rejects.toMatchObject({ because: 'malformed' });
});
