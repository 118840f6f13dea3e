import { createLogger } from '#telemetry/logger.ts';
import { workerSettingsSchema } from '#worker/settings.ts';
import { ensureWorkspaceImage } from './parts/workspace-image.ts';
import { readPlatformSettings } from './settings.ts';

/** Builds the workspace image when the engine lacks it, and ends: for a worker that runs in a container by itself. */
const log = createLogger('workspace-image', 'info');
const { DOCKER_HOST, LEASEHOLD_WORKSPACE_IMAGE } = workerSettingsSchema
  .pick({ DOCKER_HOST: true, LEASEHOLD_WORKSPACE_IMAGE: true })
  .parse(process.env);
const { built } = await ensureWorkspaceImage({
  dockerHost: DOCKER_HOST,
  tag: LEASEHOLD_WORKSPACE_IMAGE,
  baseImage: readPlatformSettings(process.env).workspaceBase,
  onProgress: (line) => log.info(line),
});
log.info({ image: LEASEHOLD_WORKSPACE_IMAGE, built }, 'ready');
