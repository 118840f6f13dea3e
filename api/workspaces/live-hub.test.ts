import { expect, test, vi } from 'vitest';
import type { LiveWorkspace } from '#activities/contracts.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { HostClient } from '../accounts/host-client.ts';
import { eventStream } from './event-stream.ts';
import { createLiveHub } from './live-hub.ts';

const log = createLogger('test', 'silent');
/** For a machine that has other things to do. */
const WITHIN_MS = 10_000;
const workspace = { id: 'ws', hostUrl: 'http://host' };

/** A host that tells a figure whenever it is told to. */
function someHost() {
  const tellers = new Set<(cpuPercent: number | null) => void>();
  let opened = 0;
  const hosts = {
    async *followLive(_url: string, _id: string, signal: AbortSignal) {
      opened += 1;
      const queue: (number | null)[] = [];
      let wake = () => {};
      const tell = (cpuPercent: number | null) => {
        queue.push(cpuPercent);
        wake();
      };
      tellers.add(tell);
      signal.addEventListener('abort', () => tell(null));
      try {
        for (;;) {
          if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          const next = queue.shift() ?? null;
          if (next === null) return;
          yield { cpuPercent: next } as LiveWorkspace;
        }
      } finally {
        tellers.delete(tell);
      }
    },
  } as unknown as HostClient;
  const tell = (cpuPercent: number | null) => {
    for (const each of tellers) each(cpuPercent);
  };
  return { hosts, tell, opened: () => opened, open: () => tellers.size };
}

function reader(response: Response) {
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async next(): Promise<string> {
      for (;;) {
        const { value, done } = (await chunks?.read()) ?? { done: true };
        if (done) return 'end';
        if (value && !value.startsWith('retry')) return value;
      }
    },
    leave: () => chunks?.cancel(),
  };
}

test('however many look, the host is asked once; when the last one leaves, not any more', async () => {
  const host = someHost();
  const hub = createLiveHub({ hosts: host.hosts, log });
  const never = new AbortController().signal;
  const look = () => reader(eventStream((signal) => hub.watch(workspace, signal), { signal: never }));
  const readers = Array.from({ length: 20 }, look);
  const first = readers.map((each) => each.next());
  await vi.waitFor(() => expect(host.open()).toBe(1), WITHIN_MS);
  host.tell(7);
  for (const said of await Promise.all(first)) expect(said).toBe('event: live\ndata: {"cpuPercent":7}\n\n');
  // Who comes later does not wait for the next figures.
  const late = look();
  expect(await late.next()).toContain('7');
  expect(host.opened()).toBe(1);
  for (const each of [...readers, late]) await each.leave();
  await vi.waitFor(() => expect([host.open(), hub.upstreams()]).toEqual([0, 0]), WITHIN_MS);
});

test('a reader who is slow keeps nobody waiting, misses some and gets the newest', async () => {
  const host = someHost();
  const hub = createLiveHub({ hosts: host.hosts, log });
  const leaving = new AbortController();
  const slow = hub.watch(workspace, leaving.signal)[Symbol.asyncIterator]();
  const first = slow.next();
  await vi.waitFor(() => expect(host.open()).toBe(1), WITHIN_MS);
  host.tell(1);
  expect((await first).value).toMatchObject({ data: { cpuPercent: 1 } });
  for (const cpu of [2, 3, 4]) host.tell(cpu);
  await vi.waitFor(async () => expect((await slow.next()).value).toMatchObject({ data: { cpuPercent: 4 } }), WITHIN_MS);
  leaving.abort();
  expect((await slow.next()).done).toBe(true);
  await vi.waitFor(() => expect(hub.upstreams()).toBe(0), WITHIN_MS);
});

test('a host that goes away is said, and asked again', async () => {
  const host = someHost();
  const hub = createLiveHub({ hosts: host.hosts, log });
  const one = reader(eventStream((signal) => hub.watch(workspace, signal), { signal: new AbortController().signal }));
  const first = one.next();
  await vi.waitFor(() => expect(host.open()).toBe(1), WITHIN_MS);
  host.tell(null);
  expect(await first).toContain('event: unreachable');
  const second = one.next();
  await vi.waitFor(() => expect(host.open()).toBe(1), { timeout: 5_000 });
  host.tell(5);
  expect(await second).toContain('"cpuPercent":5');
  await one.leave();
});

test('a stream says that it is alive, ends after its time and when the process stops, and lets go of the host', async () => {
  const host = someHost();
  const hub = createLiveHub({ hosts: host.hosts, log });
  const stopping = new AbortController();
  const open = (more: { maxMs?: number }) =>
    reader(
      eventStream((signal) => hub.watch(workspace, signal), { signal: stopping.signal, heartbeatMs: 10, ...more }),
    );
  const short = open({ maxMs: 50 });
  const heard: string[] = [];
  for (let said = await short.next(); said !== 'end'; said = await short.next()) heard.push(said);
  expect(heard).toContain(': still here\n\n');
  const long = open({});
  await long.next();
  stopping.abort();
  await vi.waitFor(async () => expect(await long.next()).toBe('end'), WITHIN_MS);
  await vi.waitFor(() => expect(hub.upstreams()).toBe(0), WITHIN_MS);
});
