import { expect, test } from 'vitest';
import { CLIENT_ADDRESS_HEADER, readClientAddress, signClientAddress } from '#api/client-address.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createWebApp } from './web-app.ts';

const TOKEN = 'the internal token of a test';

/** A build with one route, which tells what a page gets to see of its client. */
const build = {
  entry: { module: { default: () => new Response('page', { headers: { 'content-type': 'text/html' } }) } },
  routes: {
    all: {
      id: 'all',
      path: '*',
      module: {
        loader: ({ request }: { request: Request }) =>
          new Response(request.headers.get(CLIENT_ADDRESS_HEADER), { headers: { 'content-type': 'text/html' } }),
      },
    },
  },
  assets: { entry: { imports: [], module: '' }, routes: {}, url: '', version: '' },
  publicPath: '/',
  assetsBuildDirectory: '',
  future: {},
  isSpaMode: false,
} as unknown as Parameters<typeof createWebApp>[0]['build'];

const app = createWebApp({
  build,
  clientFolder: 'web/build/client',
  apiUrl: 'http://127.0.0.1:1',
  internalToken: TOKEN,
  log: createLogger('web', 'silent'),
  stopping: new AbortController().signal,
});

test('every page has a strict content security policy with a nonce of its own', async () => {
  const policies = await Promise.all([app.request('/'), app.request('/')]).then((answers) =>
    answers.map((answer) => answer.headers.get('content-security-policy') ?? ''),
  );
  for (const policy of policies) {
    expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=-]+'/);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
  }
  expect(policies[0]).not.toBe(policies[1]);
});

test('a page is neither sniffed nor framed, and tells no foreign site where it was', async () => {
  const { headers } = await app.request('/');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBeTruthy();
  expect(headers.get('referrer-policy')).toBe('same-origin');
});

test("the API is told the browser's own address, and never one that the browser made up", async () => {
  const peer = { incoming: { socket: { remoteAddress: '203.0.113.7', remotePort: 1, remoteFamily: 'IPv4' } } };
  for (const headers of [
    {},
    { 'x-forwarded-for': '198.51.100.1' },
    { [CLIENT_ADDRESS_HEADER]: signClientAddress('198.51.100.1', TOKEN) },
  ] as Record<string, string>[]) {
    const seen = await (await app.request('/', { headers }, peer)).text();
    expect(readClientAddress(seen, TOKEN)).toBe('203.0.113.7');
  }
});
