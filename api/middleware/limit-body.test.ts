import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createOnError } from '../on-error.ts';
import { limitBody } from './limit-body.ts';

const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent') }));
app.post('/', limitBody(10), async (c) => c.text(await c.req.text()));

test('a body of exactly the limit passes unchanged', async () => {
  const answer = await app.request('/', { method: 'POST', body: '0123456789', headers: { 'content-length': '10' } });
  expect([answer.status, await answer.text()]).toEqual([200, '0123456789']);
});

test('a body that announces too much is refused before it is read', async () => {
  const answer = await app.request('/', { method: 'POST', body: 'x', headers: { 'content-length': '11' } });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 'body-too-large', status: 413 });
});

test('a streamed body without a length is refused once it passes the limit, and read whole below it', async () => {
  const stream = (chunks: string[]) => new Blob(chunks).stream();
  const send = (chunks: string[]) =>
    app.request('/', { method: 'POST', body: stream(chunks), duplex: 'half' } as RequestInit);
  expect((await send(['012345', '67890'])).status).toBe(413);
  expect(await (await send(['01234', '56789'])).text()).toBe('0123456789');
});
