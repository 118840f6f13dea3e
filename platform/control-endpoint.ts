import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PART_NAMES, type PartName, type PartStatus } from './part.ts';

/** What the supervisor does for others. */
export interface PartControl {
  parts(): PartStatus[];
  stopPart(name: PartName): Promise<void>;
  startPart(name: PartName): Promise<void>;
  killPart(name: PartName): Promise<void>;
}

export interface ControlEndpoint {
  url: string;
  token: string;
  close(): Promise<void>;
}

/**
 * The supervisor's endpoint for `attachPlatform`, on loopback behind a bearer token:
 * `GET /parts`, `POST /parts/:name/{stop,start,kill}`. An answer comes when the deed is done.
 */
export async function openControlEndpoint(control: PartControl): Promise<ControlEndpoint> {
  const token = randomBytes(32).toString('hex');
  const server = createServer((request, response) => {
    handle(control, token, request).then(
      ({ status, body }) => answer(response, status, body),
      (error) => answer(response, 500, { detail: (error as Error).message }),
    );
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    token,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  control: PartControl,
  token: string,
  { method, url = '', headers }: IncomingMessage,
): Promise<{ status: number; body: unknown }> {
  if (!equal(headers.authorization ?? '', `Bearer ${token}`)) return { status: 401, body: { detail: 'Wrong token.' } };
  if (method === 'GET' && url === '/parts') return { status: 200, body: control.parts() };

  const [, name, deed] = /^\/parts\/([a-z-]+)\/(stop|start|kill)$/.exec(url) ?? [];
  if (method !== 'POST' || !PART_NAMES.includes(name as PartName))
    return { status: 404, body: { detail: `There is no ${method} ${url}.` } };
  const part = name as PartName;
  if (deed === 'stop') await control.stopPart(part);
  else if (deed === 'start') await control.startPart(part);
  else await control.killPart(part);
  return { status: 200, body: control.parts() };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
