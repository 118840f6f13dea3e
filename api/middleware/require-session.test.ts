import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOnError } from '../on-error.ts';
import { requireSession } from './require-session.ts';

const findVisitor = vi.fn(async (headers: Headers) =>
  headers.get('cookie') === 'session=good' ? { userId: 'u1' } : null,
);
const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent') }));
app.use('/api/*', requireSession(findVisitor));
app.get('/api/mine', (c) => c.json(c.var.visitor));

test('without a session every path answers 401, also one that does not exist', async () => {
  for (const path of ['/api/mine', '/api/nothing-here']) {
    const answer = await app.request(path, { headers: { cookie: 'session=forged' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated' });
  }
});

test('without a cookie nothing is looked up', async () => {
  findVisitor.mockClear();
  expect((await app.request('/api/mine')).status).toBe(401);
  expect(findVisitor).not.toHaveBeenCalled();
});

test('the handler learns who is signed in', async () => {
  const answer = await app.request('/api/mine', { headers: { cookie: 'session=good' } });
  expect(await answer.json()).toEqual({ userId: 'u1' });
  expect(answer.headers.get('cache-control')).toBe('private, no-store');
});
