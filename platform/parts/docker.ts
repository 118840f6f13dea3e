import { join } from 'node:path';
import { createLogger } from '#telemetry/logger.ts';
import type { Part } from '../part.ts';
import { poll } from '../poll.ts';
import { isAlive, signalProcess } from '../process-identity.ts';
import { ensureDockerEngine } from './docker-engine.ts';
import { ensureWorkspaceImage } from './workspace-image.ts';

/** A Docker engine: the one that answers, else one of our own. */
export const docker: Part = {
  name: 'docker',
  needs: [],
  givenBy: 'DOCKER_HOST',
  async start({ env, settings, stateDir, logFile, progress, describe }) {
    const engine = await ensureDockerEngine({
      stateDir: join(stateDir, 'docker'),
      logFile,
      log: createLogger('docker', 'silent'),
      allowInstall: settings.mayInstall,
      onProgress: progress,
    });
    env.DOCKER_HOST = engine.dockerHost;
    const { identity } = engine;
    if (!identity) {
      describe(`the engine that answers on ${engine.dockerHost}`);
      return undefined;
    }
    describe(`our own engine on ${engine.dockerHost}`);
    const gone = () => !isAlive(identity);
    return {
      identity,
      exited: poll(gone, { timeoutMs: Number.POSITIVE_INFINITY, everyMs: 500 }).then(() => 'ended'),
      stop: () => engine.stop(),
      kill: async () => {
        signalProcess(identity, 'SIGKILL', 'process');
        await poll(gone, { timeoutMs: 5_000 });
      },
    };
  },
};

/** The image of customers' workspaces, built when this engine lacks it. */
export const workspaceImage: Part = {
  name: 'workspace-image',
  needs: ['docker'],
  async start({ env, settings, progress, describe }) {
    const tag = env.LEASEHOLD_WORKSPACE_IMAGE ?? '';
    const { built } = await ensureWorkspaceImage({
      dockerHost: env.DOCKER_HOST ?? '',
      tag,
      baseImage: settings.workspaceBase,
      onProgress: progress,
    });
    describe(built ? `${tag}, built now` : tag);
    return undefined;
  },
};
