import { Hono } from 'hono';
import { expect, test } from 'vitest';
import type { ApiEnv } from '../api-env.ts';
import { CLIENT_ADDRESS_HEADER, signClientAddress } from '../client-address.ts';
import { findClientAddress } from './find-client-address.ts';

const TOKEN = 'the internal token of a test';
const app = new Hono<ApiEnv>();
app.use(findClientAddress(TOKEN));
app.get('/', (c) => c.json(c.var.clientAddress));

const peer = { incoming: { socket: { remoteAddress: '127.0.0.1', remotePort: 1, remoteFamily: 'IPv4' } } };
const seen = async (headers: Record<string, string>) => (await app.request('/', { headers }, peer)).json();

test('the address is the one that the web server vouches for, else the other end of the connection', async () => {
  expect(await seen({ [CLIENT_ADDRESS_HEADER]: signClientAddress('203.0.113.7', TOKEN) })).toBe('203.0.113.7');
  expect(await seen({})).toBe('127.0.0.1');
});

test('what anybody can write is not believed', async () => {
  for (const headers of [
    { 'x-forwarded-for': '203.0.113.7' },
    { forwarded: 'for=203.0.113.7' },
    { 'x-real-ip': '203.0.113.7' },
    { [CLIENT_ADDRESS_HEADER]: '203.0.113.7' },
    { [CLIENT_ADDRESS_HEADER]: signClientAddress('203.0.113.7', 'another token') },
  ] as Record<string, string>[]) {
    expect(await seen(headers)).toBe('127.0.0.1');
  }
});
