import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { clientAddressOf } from './client-address.ts';

async function addressOf(proxyHops: number, forwarded?: string): Promise<string | null> {
  const app = new Hono().get('/', (c) => c.json(clientAddressOf(c, proxyHops)));
  const answer = await app.request('/', forwarded === undefined ? {} : { headers: { 'x-forwarded-for': forwarded } });
  return (await answer.json()) as string | null;
}

test('without a proxy of ours, what a client says of its address is not read', async () => {
  expect(await addressOf(0, '203.0.113.9')).toBeNull();
});

test('behind proxies of ours, the address is the one that the outermost of them saw', async () => {
  expect(await addressOf(1, '198.51.100.1, 203.0.113.9')).toBe('203.0.113.9');
  expect(await addressOf(2, '198.51.100.1, 203.0.113.9, 10.0.0.2')).toBe('203.0.113.9');
  expect(await addressOf(1, '2001:db8::1')).toBe('2001:db8::1');
});

test('what is no address counts as none', async () => {
  expect(await addressOf(1, 'unknown')).toBeNull();
  expect(await addressOf(1)).toBeNull();
  expect(await addressOf(2, '203.0.113.9')).toBeNull();
});
