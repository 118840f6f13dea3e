import { expect, test } from 'vitest';
import type { Mail } from '#mail/mailer.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createPostOffice } from './post-office.ts';

const mail: Mail = {
  to: [{ name: 'Ada', address: 'ada@leasehold.test' }],
  text: { subject: 'S', body: [], action: { label: 'Open', url: 'http://web.test/verify-email?token=secret' } },
  template: 'verify-email',
};

/** A post office whose server fails as often as told, and everything that it logged. */
function failing(times: number) {
  const lines: string[] = [];
  let attempts = 0;
  const posts = createPostOffice(
    {
      limits: { count: async () => undefined },
      log: createLogger('test', 'trace', { write: (line) => void lines.push(line) }),
      mailer: {
        async send() {
          attempts += 1;
          if (attempts > times) return;
          throw Object.assign(new Error('550 <ada@leasehold.test> refused'), { code: 'EENVELOPE' });
        },
      },
    },
    { retryAfterMs: [0, 0] },
  );
  return { posts, attempts: () => attempts, logged: () => lines.join('') };
}

test('a mail that fails is tried again, and given up after three attempts', async () => {
  const once = failing(1);
  once.posts.post(mail);
  await once.posts.settled();
  expect(once.attempts()).toBe(2);
  const always = failing(Number.POSITIVE_INFINITY);
  always.posts.post(mail);
  await always.posts.settled();
  expect(always.attempts()).toBe(3);
});

test('neither addresses nor tokens are logged', async () => {
  const { posts, logged } = failing(Number.POSITIVE_INFINITY);
  posts.post(mail);
  await posts.settled();
  expect(logged()).toContain('EENVELOPE');
  expect(logged()).not.toMatch(/ada|token|secret/);
});
