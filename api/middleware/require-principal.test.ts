import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import type { ApiEnv } from '../api-env.ts';
import type { FindPrincipal } from '../auth/find-principal.ts';
import { createOnError } from '../on-error.ts';
import { requirePrincipal } from './require-principal.ts';

const ada = { kind: 'user', userId: 'u1', name: 'Ada', email: 'ada@leasehold.test', sessionId: 's1' } as const;
const findPrincipal: FindPrincipal = async (headers) => ({
  principal: headers.get('cookie')?.startsWith('session=good') ? ada : null,
  setCookies: headers.get('cookie') === 'session=good-and-old' ? ['session=good; Max-Age=1', 'other=1'] : [],
});
const app = new Hono<ApiEnv>();
app.onError(createOnError({ log: createLogger('test', 'silent') }));
app.use('/api/*', requirePrincipal(findPrincipal));
app.get('/api/mine', (c) => c.json(c.var.principal));

test('without a session every path answers 401, also one that does not exist', async () => {
  for (const path of ['/api/mine', '/api/nothing-here']) {
    for (const headers of [{}, { cookie: 'session=forged' }] as Record<string, string>[]) {
      const answer = await app.request(path, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await answer.json()).toMatchObject({ code: 'unauthenticated' });
    }
  }
});

test('the handler learns who asks', async () => {
  const answer = await app.request('/api/mine', { headers: { cookie: 'session=good' } });
  expect(await answer.json()).toEqual(ada);
  expect(answer.headers.get('cache-control')).toBe('private, no-store');
});

test('a renewed session takes all its cookies along, also when the answer is an error', async () => {
  for (const path of ['/api/mine', '/api/nothing-here']) {
    const answer = await app.request(path, { headers: { cookie: 'session=good-and-old' } });
    expect(answer.headers.getSetCookie()).toEqual(['session=good; Max-Age=1', 'other=1']);
  }
});
