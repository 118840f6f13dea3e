import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOnError } from '../on-error.ts';
import { throttleSignIn } from './throttle-sign-in.ts';

function createSignIn(windowMs: number) {
  const app = new Hono<ApiEnv>();
  app.onError(createOnError({ log: createLogger('test', 'silent') }));
  app.post('/', throttleSignIn({ failures: 2, windowMs }), async (c) => {
    const { password } = await c.req.json();
    return c.text('', password === 'right' ? 200 : 401);
  });
  return async (email: string, password: string) =>
    app.request('/', { method: 'POST', body: JSON.stringify({ email, password }) });
}

test('after too many failures of an address even the right password has to wait, and others do not', async () => {
  const signIn = createSignIn(60_000);
  await signIn('a@x.test', 'wrong');
  await signIn('A@x.test ', 'wrong');
  const answer = await signIn('a@x.test', 'right');
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await signIn('b@x.test', 'right')).status).toBe(200);
});

test('a success forgets the failures before it', async () => {
  const signIn = createSignIn(60_000);
  for (const password of ['wrong', 'right', 'wrong', 'right']) await signIn('a@x.test', password);
  expect((await signIn('a@x.test', 'right')).status).toBe(200);
});

test('once the window has passed the address may try again', async () => {
  const signIn = createSignIn(0);
  await signIn('a@x.test', 'wrong');
  await signIn('a@x.test', 'wrong');
  expect((await signIn('a@x.test', 'right')).status).toBe(200);
});
