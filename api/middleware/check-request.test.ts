import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import { createMetrics } from '../metrics.ts';
import { createOnError } from '../on-error.ts';
import { checkBody } from './check-body.ts';
import { checkTarget } from './check-target.ts';

const hosts = async () => ({ hosts: [], sizes: [] as never, policy: { cpuOvercommit: 1, warnPercent: 80 } });
const metrics = createMetrics({ inboxDepth: async () => 0, invoicesMailed: async () => 0, hosts });
const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent'), metrics }));
app.use(checkTarget, checkBody);
app.all('*', async (c) => c.text(await c.req.raw.text()));

const json = { 'content-type': 'application/json' };

test.each(['/a%00b', '/a?b=%00', '/a%zz', '/a?b=%', '/a?%ED%A0%BD=1', '/%ff', '/a?b=%C0%80'])(
  '%s is refused with 400, and the part is named',
  async (target) => {
    const answer = await app.request(target);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'request-invalid',
      detail: expect.stringMatching(/^The (path|query) (is not UTF-8|has a NUL)/),
    });
  },
);

test('what is encoded and can be read goes on', async () => {
  expect((await app.request('/Zo%C3%AB%2F?a=%F0%9F%98%80+b%25')).status).toBe(200);
});

test('a body is refused by what it holds and by its type, and what goes on is still there to be read', async () => {
  const send = (body: string, headers: Record<string, string>) => app.request('/', { method: 'POST', body, headers });
  expect((await send('{"a":"\\u0000"}', json)).status).toBe(400);
  expect((await send('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
  expect((await send('{}', {})).status).toBe(415);
  expect((await send('', {})).status).toBe(200);
  expect(await (await send('{"a":1}', { 'content-type': 'application/json; charset=utf-8' })).text()).toBe('{"a":1}');
});

test('refusals are counted by door and reason', async () => {
  metrics.refusals.reset();
  await app.request('/api/auth/x?a=%00');
  await app.request('/api/v1/x', { method: 'POST', body: '[', headers: json });
  await app.request('/api/v1/x', { method: 'POST', body: 'x' });
  const counted = (await metrics.refusals.get()).values.map(({ labels, value }) => [labels.door, labels.reason, value]);
  expect(counted).toEqual([
    ['auth', 'encoding', 1],
    ['api', 'shape', 1],
    ['api', 'content-type', 1],
  ]);
});
