import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { World } from './world.ts';

/** The process that runs the workflows; it can be killed and started again. */
export class WorkflowWorker {
  private child: ChildProcess | null = null;
  private readonly args: string[];
  private readonly world: World;

  /** @param args as `workflow-process.ts` takes them */
  constructor(world: World, args: string[]) {
    this.world = world;
    this.args = args;
  }

  async start(): Promise<void> {
    const child = fork(join(import.meta.dirname, 'workflow-process.ts'), this.args, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child = child;
    const isReady = new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The worker of the workflows ended with ${code}.`)));
      child.on('message', (message: { ready?: true; id?: number; name?: string; input?: unknown }) => {
        if (message.ready) resolve();
        else if (message.name !== undefined) void this.answer(child, message.id ?? 0, message.name, message.input);
      });
    });
    await isReady;
  }

  /** SIGKILL: whatever it had in hand is lost. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  private async answer(child: ChildProcess, id: number, name: string, input: unknown): Promise<void> {
    const answer = await this.world.call(name, input).then(
      (result) => ({ id, result }),
      (error: Error) => ({ id, error: error.message }),
    );
    if (child.connected) child.send(answer, () => undefined);
  }
}
