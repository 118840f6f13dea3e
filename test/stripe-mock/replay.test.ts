import { afterAll, beforeAll, expect, test } from 'vitest';
import { recordingFolder } from '#stripe-simulator/conformance/settings.ts';
import { ensureStripeMock } from './binary.ts';
import { clientCalls, neverMade } from './client-calls.ts';
import { recordedCalls, refusalsOf } from './replay.ts';
import { type RunningStripeMock, runStripeMock } from './running-stripe-mock.ts';

const calls = recordedCalls(recordingFolder() ?? '');
let stripeMock: RunningStripeMock;

beforeAll(async () => {
  if (calls.length === 0)
    throw new Error('No call of Stripe was recorded in this run: take "npm run test:stripe-mock", or "npm test".');
  stripeMock = await runStripeMock(await ensureStripeMock(process.env));
});
afterAll(() => stripeMock?.stop());

test('the official stripe-mock takes every call that the other tests of this run made', async () => {
  expect(await refusalsOf(calls, stripeMock.url)).toEqual([]);
});

test('every call of Stripe in our code was made', async () => {
  expect(neverMade(await clientCalls(), calls)).toEqual([]);
});
