import { expect, test } from 'vitest';
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

const app = createWebApp({
  build,
  clientFolder: 'web/build/client',
  apiUrl: 'http://127.0.0.1:1',
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
