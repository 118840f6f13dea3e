import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { create as createTar } from 'tar';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { PlatformError } from '../platform-error.ts';
import { packageClosure } from './package-closure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNTIME_DIR = join(ROOT, 'workspace-runtime');
/** Grows when the offline base is made in another way. */
const BASE_RECIPE = 1;
/** Label of the image: the digest of all that went into it. */
const INPUTS_LABEL = 'leasehold.inputs';
const USER_ID = 10_001;

const run = promisify(execFile);

export interface WorkspaceImageOptions {
  dockerHost: string;
  /** Name of the image, such as `leasehold/workspace:dev`. */
  tag: string;
  /** `LEASEHOLD_WORKSPACE_BASE`: an image with Node 20 to build on, pulled when the engine lacks it. Unset: a base made offline. */
  baseImage?: string | undefined;
  /** Receives one line for people for each step that takes time. */
  onProgress: (line: string) => void;
}

export interface WorkspaceImage {
  imageId: string;
  /** Whether it was built now; `false` when the engine had it. */
  built: boolean;
}

/**
 * Provides the image that workspaces run. It is built when `tag` is absent or was made from other inputs (the files of
 * `workspace-runtime/`, PM2's dependency closure, the base), so a second start takes milliseconds.
 *
 * Without `baseImage` the base is imported from this machine: busybox (else its own shell), its `node` and the
 * libraries that `ldd` names. No registry is needed for that. Throws `PlatformError`.
 */
export async function ensureWorkspaceImage(options: WorkspaceImageOptions): Promise<WorkspaceImage> {
  const docker = createDockerClient(options.dockerHost, { silenceMs: 300_000 });
  const closure = packageClosure(ROOT, 'pm2');
  const base =
    options.baseImage ??
    `leasehold/base:${digest([`recipe ${BASE_RECIPE}`, process.version, process.arch, shell().source]).slice(0, 12)}`;
  const inputs = digest([base, ...runtimeFiles(), ...closure.map((each) => `${each.path}@${each.version}`)]);

  const present = await inspectImage(docker, options.tag);
  if (present?.Config?.Labels?.[INPUTS_LABEL] === inputs) return { imageId: present.Id, built: false };

  if (!(await inspectImage(docker, base))) {
    if (options.baseImage) await pull(docker, options.baseImage, options.onProgress);
    else await importBase(docker, base, options.onProgress);
  }
  options.onProgress(`building ${options.tag}`);
  await inStagingFolder(async (context) => {
    await cp(join(RUNTIME_DIR, 'Dockerfile'), join(context, 'Dockerfile'));
    await mkdir(join(context, 'data'));
    for (const file of runtimeSources()) await cp(join(RUNTIME_DIR, file), join(context, 'runtime', file));
    for (const { path } of closure) {
      await cp(join(ROOT, path), join(context, 'pm2', path), {
        recursive: true,
        // Nested packages are entries of the closure themselves, where they are needed.
        filter: (source) => !source.slice(join(ROOT, path).length).includes('/node_modules'),
      });
    }
    const stream = await docker.buildImage(tarOf(context), {
      t: options.tag,
      buildargs: { BASE_IMAGE: base },
      labels: { [INPUTS_LABEL]: inputs },
      forcerm: true,
      networkmode: 'none',
    });
    await followProgress(docker, stream, `The workspace image could not be built`);
  });
  const built = await inspectImage(docker, options.tag);
  if (!built) throw new PlatformError(`The workspace image ${options.tag} is missing after its build.`);
  return { imageId: built.Id, built: true };
}

async function inspectImage(docker: Docker, name: string): Promise<Docker.ImageInspectInfo | null> {
  return docker
    .getImage(name)
    .inspect()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode === 404) return null;
      throw error;
    });
}

async function pull(docker: Docker, image: string, onProgress: (line: string) => void): Promise<void> {
  onProgress(`pulling ${image}`);
  const failure = `The base image ${image} could not be pulled: check LEASEHOLD_WORKSPACE_BASE, or unset it to have a base made offline`;
  try {
    await followProgress(docker, await docker.pull(image), failure);
  } catch (error) {
    throw new PlatformError(error instanceof PlatformError ? error.message : `${failure}.`, { cause: error });
  }
}

/** Imports a root file system that holds what this machine itself runs Node with. */
async function importBase(docker: Docker, name: string, onProgress: (line: string) => void): Promise<void> {
  onProgress("making an offline base image from this machine's own node");
  await inStagingFolder(async (root) => {
    const { source, isBusybox } = shell();
    const node = realpathSync(process.execPath);
    for (const folder of ['etc', 'tmp', 'dev', 'proc', 'sys']) await mkdir(join(root, folder), { recursive: true });
    await place(root, source, isBusybox ? '/bin/busybox' : '/bin/sh');
    if (isBusybox) {
      const applets = (await run(source, ['--list'])).stdout
        .split('\n')
        .filter((applet) => /^[a-z0-9[_.-]+$/i.test(applet));
      for (const applet of applets) {
        if (applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
      }
    }
    await place(root, node, '/usr/local/bin/node');
    // PM2 asks getconf for the size of a memory page; the health check asks date for the time.
    const tools = ['/usr/bin/getconf', ...(isBusybox ? [] : ['/bin/date'])].filter((tool) => existsSync(tool));
    for (const tool of tools) await place(root, tool, tool);
    const libraries = await Promise.all([node, ...tools, ...(isBusybox ? [] : [source])].map(librariesOf));
    for (const library of new Set(libraries.flat())) await place(root, library, library);

    await writeFile(
      join(root, 'etc/passwd'),
      `root:x:0:0:root:/:/bin/sh\nworkspace:x:${USER_ID}:${USER_ID}::/data:/bin/sh\n`,
    );
    await writeFile(join(root, 'etc/group'), `root:x:0:\nworkspace:x:${USER_ID}:\n`);
    await writeFile(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
    const certificates = '/etc/ssl/certs/ca-certificates.crt';
    if (existsSync(certificates)) await place(root, certificates, certificates);

    const [repo, tag] = name.split(':');
    const stream = await docker.importImage(tarOf(root), {
      repo,
      tag,
      changes: 'ENV PATH=/usr/local/bin:/usr/bin:/bin',
    });
    await followProgress(docker, stream, 'The offline base image could not be imported');
  });
}

/** A static busybox where there is one: a shell and small tools in one file. Else the machine's own shell. */
function shell(): { source: string; isBusybox: boolean } {
  const busybox = ['/usr/bin/busybox', '/bin/busybox'].find((file) => existsSync(file));
  return busybox
    ? { source: realpathSync(busybox), isBusybox: true }
    : { source: realpathSync('/bin/sh'), isBusybox: false };
}

/** Absolute paths of the libraries that a program is linked to, its loader included; none for a static one. */
async function librariesOf(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  return [...stdout.matchAll(/(?:=>\s*|^\s*)(\/\S+)\s+\(0x/gm)].map((match) => match[1] ?? '');
}

async function place(root: string, source: string, target: string): Promise<void> {
  const file = join(root, target);
  await mkdir(dirname(file), { recursive: true });
  await cp(source, file, { dereference: true });
}

/** All that goes into the image from `workspace-runtime/`: programs and plugins, not the page about them nor tests. */
function runtimeSources(): string[] {
  return readdirSync(RUNTIME_DIR, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(mjs|cjs)$/.test(file))
    .sort();
}

function runtimeFiles(): string[] {
  return ['Dockerfile', ...runtimeSources()].map((file) => `${file}\0${readFileSync(join(RUNTIME_DIR, file), 'utf8')}`);
}

async function inStagingFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-image-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folder as a tar stream whose entries belong to root, without the times of this machine. */
function tarOf(folder: string): NodeJS.ReadableStream {
  const entries = readdirSync(folder);
  return createTar(
    { cwd: folder, portable: true, mtime: new Date(0), sync: false },
    entries,
  ) as unknown as NodeJS.ReadableStream;
}

interface ProgressLine {
  stream?: string;
  error?: string;
}

function followProgress(docker: Docker, stream: NodeJS.ReadableStream, failure: string): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, lines: ProgressLine[] | undefined) => {
      const message = error?.message ?? lines?.find((line) => line.error)?.error;
      if (message) reject(new PlatformError(`${failure}: ${message}`));
      else resolve();
    });
  });
}

function digest(parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest('hex');
}
