import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

test('a secret is not written, however deep it is in what is logged', () => {
  const lines: string[] = [];
  const log = createLogger('test', 'info', { write: (line) => lines.push(line) });
  const secret = 'very-secret';
  log.info({
    password: secret,
    request: { authorization: secret, headers: { cookie: secret } },
    settings: { token: secret },
  });
  log.child({ apiKey: secret }).warn({ database: { connectionString: secret } }, 'below');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain(secret);
  expect(lines[0]).toContain('[redacted]');
});
