import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { PlatformError } from '../platform-error.ts';
import { ROOT } from '../root.ts';
import { digest, followProgress, INPUTS_LABEL, inStagingFolder, inspectImage, tarOf } from './image-build.ts';
import { ensureOfflineBase, offlineBaseName } from './offline-base.ts';
import { packageClosure } from './package-closure.ts';

const RUNTIME_DIR = join(ROOT, 'workspace-runtime');

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
 * Without `baseImage` the base is imported from this machine: its shell, tools and `node`, and the
 * libraries that `ldd` names. No registry is needed for that. Throws `PlatformError`.
 */
export async function ensureWorkspaceImage(options: WorkspaceImageOptions): Promise<WorkspaceImage> {
  const docker = createDockerClient(options.dockerHost, { silenceMs: 300_000 });
  const closure = packageClosure(ROOT, 'pm2');
  const base = options.baseImage ?? offlineBaseName();
  const inputs = digest([base, ...runtimeFiles(), ...closure.map((each) => `${each.path}@${each.version}`)]);

  const present = await inspectImage(docker, options.tag);
  if (present?.Config?.Labels?.[INPUTS_LABEL] === inputs) return { imageId: present.Id, built: false };

  if (!options.baseImage) await ensureOfflineBase(docker, options.onProgress);
  else if (!(await inspectImage(docker, base))) await pull(docker, base, options.onProgress);
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

async function pull(docker: Docker, image: string, onProgress: (line: string) => void): Promise<void> {
  onProgress(`pulling ${image}`);
  const failure = `The base image ${image} could not be pulled: check LEASEHOLD_WORKSPACE_BASE, or unset it to have a base made offline`;
  try {
    await followProgress(docker, await docker.pull(image), failure);
  } catch (error) {
    throw new PlatformError(error instanceof PlatformError ? error.message : `${failure}.`, { cause: error });
  }
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
