import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { createWebApp } from './web-app.ts';

/** A build without routes: headers are the server's own, whatever is asked for. */
const build = {
  entry: { module: { default: () => new Response('page', { headers: { 'content-type': 'text/html' } }) } },
  routes: {},
  assets: { entry: { imports: [], module: '' }, routes: {}, url: '', version: '' },
  publicPath: '/',
  assetsBuildDirectory: '',
  future: {},
  isSpaMode: false,
} as unknown as Parameters<typeof createWebApp>[0]['build'];

function webApp(webOrigin = 'http://127.0.0.1:4310', clientFolder = 'web/build/client') {
  return createWebApp({
    build,
    clientFolder,
    apiUrl: 'http://127.0.0.1:1',
    webOrigin,
    internalToken: 'a token of the tests',
    proxyHops: 0,
    providers: [],
    log: createLogger('web', 'silent'),
    stopping: new AbortController().signal,
  });
}

const app = webApp();

test('every page has a strict content security policy with a nonce of its own', async () => {
  const policies = await Promise.all([app.request('/'), app.request('/')]).then((answers) =>
    answers.map((answer) => answer.headers.get('content-security-policy') ?? ''),
  );
  for (const policy of policies) {
    expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=-]+'/);
    expect(policy).toContain("default-src 'self'");
    for (const closed of ['frame-ancestors', 'object-src', 'base-uri']) expect(policy).toContain(`${closed} 'none'`);
    for (const own of ['style-src', 'form-action', 'connect-src'])
      expect(policy).toMatch(new RegExp(`${own} 'self'(;|$)`));
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

test('over https browsers are told to stay with it, and not before', async () => {
  expect((await app.request('/')).headers.get('strict-transport-security')).toBeNull();
  const { headers } = await webApp('https://leasehold.test').request('/');
  expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}; includeSubDomains$/);
});

test('camera, microphone and place are asked of nobody', async () => {
  const policy = (await app.request('/')).headers.get('permissions-policy');
  for (const feature of ['camera', 'microphone', 'geolocation']) expect(policy).toContain(`${feature}=()`);
});

test('a body that no form of ours sends is refused', async () => {
  const answer = await app.request('/', {
    method: 'POST',
    body: 'x'.repeat(70_000),
    headers: { 'content-length': '70000' },
  });
  expect(answer.status).toBe(413);
});

test.each(['/%00', '/assets/%00', '/favicon.svg?%00', '/accounts/%zz', '/me?token=%ff', '/%c0%80'])(
  'an address that nobody can read is refused: %s',
  async (address) => {
    expect((await app.request(address)).status).toBe(400);
  },
);

test('scripts and styles go compressed to whoever takes that, and are kept for a year', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'web-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets/libraries-1.js'), 'export const library = 1;\n'.repeat(1_000));
  const { headers } = await webApp(undefined, folder).request('/assets/libraries-1.js', {
    headers: { 'accept-encoding': 'gzip, deflate, br' },
  });
  expect(headers.get('content-encoding')).toBe('gzip');
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const missing = await webApp(undefined, folder).request('/assets/libraries-2.js');
  expect(missing.headers.get('cache-control')).toBeNull();
});
