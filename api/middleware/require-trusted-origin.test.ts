import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOnError } from '../on-error.ts';
import { requireTrustedOrigin, trustedOrigins } from './require-trusted-origin.ts';

const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent') }));
app.use(requireTrustedOrigin(trustedOrigins('https://lease.example')));
app.all('/', (c) => c.text('done'));

test.each([
  ['a foreign page that posts JSON with the cookie', { cookie: 'a=b', origin: 'https://evil.example' }, 403],
  ['a sandboxed page', { cookie: 'a=b', origin: 'null' }, 403],
  ['a cookie without an Origin', { cookie: 'a=b' }, 403],
  ['a foreign page without a cookie (a forced sign-in)', { origin: 'https://evil.example' }, 403],
  ['an origin that begins like ours', { cookie: 'a=b', origin: 'https://lease.example.evil.example' }, 403],
  ['our own page', { cookie: 'a=b', origin: 'https://lease.example' }, 200],
  ['a program without a cookie', {}, 200],
])('a write from %s', async (_who, headers, status) => {
  const answer = await app.request('/', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  expect(answer.status).toBe(status);
});

test('reading needs no Origin', async () => {
  expect((await app.request('/', { headers: { cookie: 'a=b' } })).status).toBe(200);
});

test('on a loopback address both of its names are ours, elsewhere only the one that is set', () => {
  expect(trustedOrigins('http://127.0.0.1:4310')).toEqual(['http://127.0.0.1:4310', 'http://localhost:4310']);
  expect(trustedOrigins('https://lease.example')).toEqual(['https://lease.example']);
});
