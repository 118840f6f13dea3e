import type { Part, PartName } from '../part.ts';
import { demo } from './demo.ts';
import { docker, workspaceImage } from './docker.ts';
import { mail } from './mail.ts';
import { migrations } from './migrations.ts';
import { postgres } from './postgres.ts';
import { api, simulator, web, worker } from './product-processes.ts';
import { temporal, temporalUi } from './temporal.ts';

/** Every part by its name. */
export const allParts: Record<PartName, Part> = {
  postgres,
  temporal,
  'temporal-ui': temporalUi,
  docker,
  'workspace-image': workspaceImage,
  migrations,
  mail,
  simulator,
  worker,
  api,
  web,
  demo,
};
