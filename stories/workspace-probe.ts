import type Docker from 'dockerode';
import { hasFile } from '#activities/workspaces/container-file.ts';
import { unlessMissing } from '#activities/workspaces/engine-error.ts';
import { objectName } from '#activities/workspaces/ownership.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { until } from './until.ts';

const ANSWERED_WITHIN_MS = 60_000;
const HELD_WITHIN_MS = 60_000;

/** What Docker says of a workspace. */
export interface ContainerReading {
  id: string;
  /** Docker's own word, or `absent`. */
  status: string;
  memoryMb: number;
  cpus: number;
}

export interface WorkspaceProbeOptions {
  docker: Docker;
  prisma: PrismaClient;
  workspaceId: string;
  installation: string;
  internalToken: string;
}

/** Looks at a workspace from the outside (Docker), from the inside (a process in it) and as a caller of its gateway. */
export class WorkspaceProbe {
  private readonly options: WorkspaceProbeOptions;

  constructor(options: WorkspaceProbeOptions) {
    this.options = options;
  }

  /** Of its container, network and volume. */
  get name(): string {
    return objectName(this.options);
  }

  async container(): Promise<ContainerReading> {
    const found = await unlessMissing(this.handle().inspect());
    if (!found) return { id: '', status: 'absent', memoryMb: 0, cpus: 0 };
    const { Id, State, HostConfig } = found;
    return {
      id: Id,
      status: State.Status,
      memoryMb: (HostConfig.Memory ?? 0) / 1024 ** 2,
      cpus: (HostConfig.CpuQuota ?? 0) / (HostConfig.CpuPeriod || 100_000),
    };
  }

  /** Writes a file in the data volume, from inside. */
  async write(name: string, text: string): Promise<void> {
    await this.run([
      'node',
      '-e',
      'require("fs").writeFileSync(process.argv[1], process.argv[2])',
      `/data/${name}`,
      text,
    ]);
  }

  /** Reads a file of the data volume, from inside. */
  read(name: string): Promise<string> {
    return this.run([
      'node',
      '-e',
      'process.stdout.write(require("fs").readFileSync(process.argv[1]))',
      `/data/${name}`,
    ]);
  }

  /** Writes a file of random bytes in the data volume, from inside. */
  async fill(name: string, megabytes: number): Promise<void> {
    const script = `const file = require("fs").openSync(process.argv[1], "w");
      for (let at = 0; at < ${megabytes}; at += 1) require("fs").writeSync(file, require("crypto").randomBytes(1024 * 1024));`;
    await this.run(['node', '-e', script, `/data/${name}`]);
  }

  /** The SHA-256 of a file of the data volume, in hex, from inside. */
  digest(name: string): Promise<string> {
    const script = `const hash = require("crypto").createHash("sha256");
      require("fs").createReadStream(process.argv[1]).on("data", (part) => hash.update(part)).on("end", () => process.stdout.write(hash.digest("hex")));`;
    return this.run(['node', '-e', script, `/data/${name}`]);
  }

  /** When its container was last started. */
  async startedAt(): Promise<string> {
    return (await this.handle().inspect()).State.StartedAt;
  }

  /** A program in the workspace takes so much memory, until `releaseMemory`. Resolves once it has it. */
  async holdMemory(megabytes: number): Promise<void> {
    const script = `const fs = require("fs"); const held = Buffer.alloc(${megabytes} * 1024 * 1024, 1);
      fs.writeFileSync("/data/held", "");
      setInterval(() => {
        if (!fs.existsSync("/data/release")) return;
        fs.rmSync("/data/release");
        fs.rmSync("/data/held");
        process.exit(held[0] - 1);
      }, 100);`;
    const exec = await this.handle().exec({ Cmd: ['node', '-e', script] });
    await exec.start({ Detach: true });
    await until('the memory to be held', HELD_WITHIN_MS, () => this.has('held'));
  }

  /** Ends the program of `holdMemory`. */
  async releaseMemory(): Promise<void> {
    await this.write('release', '');
    await until('the memory to be given back', HELD_WITHIN_MS, async () => !(await this.has('held')));
  }

  /** Whether a file is in the data volume; works on a stopped container too. */
  has(name: string): Promise<boolean> {
    return hasFile(this.handle(), `/data/${name}`);
  }

  /** Whether the data volume is there. */
  async hasVolume(): Promise<boolean> {
    return (await unlessMissing(this.options.docker.getVolume(this.name).inspect())) !== null;
  }

  /** The memory limit as a process inside sees it (cgroup v1 or v2), in MB. */
  async memoryMbInside(): Promise<number> {
    const script =
      'const fs=require("fs");for(const f of ["/sys/fs/cgroup/memory.max","/sys/fs/cgroup/memory/memory.limit_in_bytes"])if(fs.existsSync(f)){process.stdout.write(fs.readFileSync(f,"utf8"));break}';
    return Number(await this.run(['node', '-e', script])) / 1024 ** 2;
  }

  /** Freezes the process that is asked to stop, so that stopping the workspace takes its whole time-out. */
  async freeze(): Promise<void> {
    const { State } = await this.handle().inspect();
    // 0 would be ourselves.
    if (State.Pid === 0) throw new Error(`${this.name} does not run.`);
    process.kill(State.Pid, 'SIGSTOP');
  }

  /** Sends a message to the workspace's gateway, by way of its host's worker, again while it is too slow: the first thread takes its time. */
  async message(plugin: string, payload: unknown): Promise<unknown> {
    let answer = new Response(null, { status: 503 });
    await until('the gateway to answer', ANSWERED_WITHIN_MS, async () => {
      answer = await this.ask(plugin, payload);
      return answer.status < 500;
    });
    if (!answer.ok) throw new Error(`The gateway answered ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { result: unknown }).result;
  }

  private async ask(plugin: string, payload: unknown): Promise<Response> {
    const { prisma, workspaceId, internalToken } = this.options;
    const workspace = await prisma.workspace.findUniqueOrThrow({ where: { id: workspaceId } });
    const host = await prisma.host.findUniqueOrThrow({ where: { id: workspace.hostId } });
    return fetch(new URL(`/workspaces/${workspaceId}/messages`, host.internalUrl), {
      method: 'POST',
      headers: { authorization: `Bearer ${internalToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ plugin, payload }),
    });
  }

  private handle(): Docker.Container {
    return this.options.docker.getContainer(this.name);
  }

  private async run(command: string[]): Promise<string> {
    const exec = await this.handle().exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      this.options.docker.modem.demuxStream(
        stream,
        { write: (chunk: Buffer) => out.push(chunk) } as unknown as NodeJS.WritableStream,
        { write: (chunk: Buffer) => err.push(chunk) } as unknown as NodeJS.WritableStream,
      );
      stream.on('end', resolve).on('error', reject);
    });
    stream.destroy();
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`${command[0]} in the workspace ended with ${ExitCode}: ${Buffer.concat(err)}`);
    return Buffer.concat(out).toString();
  }
}
