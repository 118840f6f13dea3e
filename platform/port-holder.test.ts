import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { portHolder } from './port-holder.ts';
import { freePorts } from './ports.ts';

test('who holds a port is told by pid and command; one that nobody holds is not pinned on anybody', async () => {
  const { web } = await freePorts();
  expect(portHolder(web)).toBe('a program that could not be found');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(web, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  expect(portHolder(web)).toContain(`pid ${process.pid}: `);
});
