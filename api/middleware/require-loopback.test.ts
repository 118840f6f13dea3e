import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOnError } from '../on-error.ts';
import { requireLoopback } from './require-loopback.ts';

const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent') }));
app.get('/metrics', requireLoopback, (c) => c.text('figures'));

const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
  app.request(
    '/metrics',
    { headers },
    { incoming: { socket: { remoteAddress, remotePort: 1, remoteFamily: 'IPv4' } } },
  );

test('a program on this machine may read, nobody else', async () => {
  expect((await from('127.0.0.1')).status).toBe(200);
  expect((await from('::ffff:127.0.0.1')).status).toBe(200);
  expect((await from('10.0.0.8')).status).toBe(403);
});

test('what a proxy on this machine passes on is not from this machine', async () => {
  expect((await from('127.0.0.1', { 'x-forwarded-for': '10.0.0.8' })).status).toBe(403);
});
