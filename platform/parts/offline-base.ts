import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { digest, followProgress, inStagingFolder, inspectImage, tarOf } from './image-build.ts';

/** Grows when the base is made in another way. */
const BASE_RECIPE = 1;
/** The same, of what the product's own images need beside it. */
const PRODUCT_RECIPE = 1;
const USER_ID = 10_001;

/** What is built on it: the workspace image, or the product's own, whose programs need more. */
export type OfflineBase = 'workspace' | 'product';

const run = promisify(execFile);

/** The name of the base that this machine makes: another Node, shell or recipe has another. */
export function offlineBaseName(kind: OfflineBase = 'workspace'): string {
  const inputs = [`recipe ${BASE_RECIPE}`, process.version, process.arch, shell().source];
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
    const { source, isBusybox } = shell();
    const node = realpathSync(process.execPath);
    for (const folder of ['etc', 'tmp', 'dev', 'proc', 'sys']) await mkdir(join(root, folder), { recursive: true });
    await chmod(join(root, 'tmp'), 0o1777);
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
    // Scripts of packages begin with it.
    const env = join(root, 'usr/bin/env');
    await mkdir(dirname(env), { recursive: true });
    if (isBusybox) await symlink('/bin/busybox', env);
    else await place(root, '/usr/bin/env', '/usr/bin/env');
    // PM2 asks getconf for the size of a memory page; the health check asks date for the time.
    const tools = ['/usr/bin/getconf', ...(isBusybox ? [] : ['/bin/date'])].filter((tool) => existsSync(tool));
    for (const tool of tools) await place(root, tool, tool);
    const libraries = await Promise.all([node, ...tools, ...native, ...(isBusybox ? [] : [source])].map(librariesOf));
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
