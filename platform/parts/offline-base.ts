import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { digest, followProgress, inStagingFolder, inspectImage, tarOf } from './image-build.ts';

/** Grows when the base is made in another way. */
const BASE_RECIPE = 2;
/** The same, of what the product's own images need beside it. */
const PRODUCT_RECIPE = 1;
const USER_ID = 10_001;
/** Where programs are, in the order in which they are looked for. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
/**
 * What every Linux machine has and people expect in a shell; those that are there go in. Some are needed: scripts of packages begin
 * with env, PM2 asks getconf for the size of a memory page, the health check asks date for the time, storage is measured with du.
 */
const TOOLS = [
  ...[
    'base64',
    'cat',
    'chmod',
    'cp',
    'cut',
    'date',
    'dd',
    'df',
    'du',
    'echo',
    'env',
    'head',
    'id',
    'ln',
    'ls',
    'mkdir',
  ],
  ...[
    'mknod',
    'mktemp',
    'mv',
    'printenv',
    'pwd',
    'readlink',
    'rm',
    'rmdir',
    'sha256sum',
    'sleep',
    'sort',
    'stat',
    'tail',
  ],
  ...['tee', 'test', 'timeout', 'touch', 'tr', 'uname', 'uniq', 'wc', 'whoami'],
  ...['dmesg', 'find', 'free', 'getconf', 'grep', 'gzip', 'kill', 'mount', 'ps', 'sed', 'tar', 'top', 'xargs'],
];

/** What is built on it: the workspace image, or the product's own, whose programs need more. */
export type OfflineBase = 'workspace' | 'product';

const run = promisify(execFile);

/** The name of the base that this machine makes: another Node, set of tools or recipe has another. */
export function offlineBaseName(kind: OfflineBase = 'workspace'): string {
  const inputs = [`recipe ${BASE_RECIPE}`, process.version, process.arch, ...programs()];
  if (kind === 'product') inputs.push(`product ${PRODUCT_RECIPE}`);
  return `leasehold/base:${digest(inputs).slice(0, 12)}`;
}

/**
 * An image to build on where no registry can be reached: a root file system that holds what this machine itself runs Node
 * with. It is imported when the engine lacks it.
 *
 * @param native files whose libraries go in as well
 * @returns its name
 */
export async function ensureOfflineBase(
  docker: Docker,
  onProgress: (line: string) => void,
  kind: OfflineBase = 'workspace',
  native: readonly string[] = [],
): Promise<string> {
  const name = offlineBaseName(kind);
  if (!(await inspectImage(docker, name))) await importBase(docker, name, native, onProgress);
  return name;
}

async function importBase(
  docker: Docker,
  name: string,
  native: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  onProgress("making an offline base image from this machine's own node");
  await inStagingFolder(async (root) => {
    const node = realpathSync(process.execPath);
    for (const folder of ['etc', 'tmp', 'dev', 'proc', 'sys']) await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
    await place(root, node, '/usr/local/bin/node');
    const others = programs();
    for (const program of others) await place(root, program, `/bin/${basename(program)}`);
    // By what a script's first line says.
    await mkdir(join(root, 'usr/bin'), { recursive: true });
    await symlink('/bin/env', join(root, 'usr/bin/env'));
    const libraries = await Promise.all([node, ...others, ...native].map(librariesOf));
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

/** The machine's own shell and tools, those that are there. */
function programs(): string[] {
  return ['sh', ...TOOLS].flatMap((tool) => {
    const found = FOLDERS.map((folder) => join(folder, tool)).find((file) => existsSync(file));
    return found === undefined ? [] : [found];
  });
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
