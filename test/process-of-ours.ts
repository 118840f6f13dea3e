import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '#platform/ports.ts';
import { buildProgram, type ProgramName } from '#platform/programs.ts';
import { ROOT } from '#platform/root.ts';

export interface ProcessOfOurs {
  child: ChildProcess;
  /** What it has logged so far: one object for each line. */
  log(): Record<string, unknown>[];
  /** SIGTERM; resolves to its exit status. */
  stop(): Promise<number | null>;
}

/** One process of the product as `npm start` runs it, with these settings alone. It is killed at the test's end. */
export async function startProcess(program: ProgramName, env: Record<string, string>): Promise<ProcessOfOurs> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, await buildProgram(program), {
    cwd: ROOT,
    env: { PATH, HOME, ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  return {
    child,
    log: () =>
      output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (line.startsWith('{') ? JSON.parse(line) : { msg: line })),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}

/** A port that nobody listens on. */
export const gone = freePort;

/** A port whose server takes connections and never says anything. */
export async function silent(): Promise<number> {
  const { port } = await listen(0);
  return port;
}

/** The same as a socket file. */
export async function silentSocket(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'silent-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'docker.sock');
  await listen(path);
  return path;
}

async function listen(where: number | string): Promise<{ port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address() as { port: number };
}
