import { Readable } from 'node:stream';
import { Hono } from 'hono';
import type { DataVolumes } from '#activities/workspaces/data-volumes.ts';
import { InternalProblem } from './internal-problem.ts';

export interface DataRoutesDeps {
  volumes: DataVolumes;
  /** Whether the workspace's container is down, and is to be down, as stored. */
  isDown: (workspaceId: string) => Promise<boolean>;
}

/**
 * What another host asks for when a workspace moves there: its data as a tar archive, and what is in it. Only of one that is
 * down: what is being written can't be compared. Behind the internal token.
 */
export function createDataRoutes({ volumes, isDown }: DataRoutesDeps): Hono {
  const app = new Hono();
  app.get('/workspaces/:id/data', async (c) => {
    await requireData(c.req.param('id'));
    const archive = await volumes.read(c.req.param('id'));
    return c.body(Readable.toWeb(archive) as ReadableStream, 200, { 'content-type': 'application/x-tar' });
  });
  app.get('/workspaces/:id/data/digest', async (c) => {
    await requireData(c.req.param('id'));
    return c.json(await volumes.content(c.req.param('id')));
  });
  return app;

  async function requireData(workspaceId: string): Promise<void> {
    if (!/^[\w.-]+$/.test(workspaceId) || !(await volumes.has(workspaceId)))
      throw new InternalProblem(404, 'data-not-found', 'This host has no data of such a workspace.');
    if (!(await isDown(workspaceId)))
      throw new InternalProblem(
        409,
        'workspace-running',
        'The workspace runs, or is to run: its data is copied only while it is down.',
      );
  }
}
