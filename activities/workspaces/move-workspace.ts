import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import type { ReceiveInput } from '#activities/contracts.ts';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readJson } from '#incoming/read-json.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Attempt, ConvergeWorkspace } from './converge-workspace.ts';
import type { DataVolumes } from './data-volumes.ts';
import { createLatestWins } from './latest-wins.ts';
import type { Owner } from './ownership.ts';
import { StaleGeneration, WorkspaceFailed } from './workspace-failure.ts';

const contentSchema = z.object({ digest: z.string().max(200), bytes: z.number().nonnegative() });

export interface MoverDeps {
  volumes: DataVolumes;
  /** For what is left on the host that a workspace has left. */
  converge: ConvergeWorkspace;
  /** Where a workspace lives, and by which wish, as stored; `null` when it is not stored. */
  readHome: (workspaceId: string) => Promise<{ hostId: string; generation: number; isDeleted: boolean } | null>;
  /** Root of the internal endpoint of another host; `null` when it has none. */
  readHostUrl: (hostId: string) => Promise<string | null>;
  hostId: string;
  installation: string;
  /** `LEASEHOLD_INTERNAL_TOKEN`, the same on all hosts. */
  internalToken: string;
  log: Logger;
}

export interface WorkspaceMover {
  receive(input: ReceiveInput, attempt: Required<Attempt>): Promise<{ bytes: number; digest: string }>;
  removeLeftOver(
    input: { accountId: string; workspaceId: string; generation: number; now: string },
    attempt: Required<Attempt>,
  ): Promise<void>;
}

/** This host's side of moves. Attempts for one workspace follow one another. */
export function createWorkspaceMover(deps: MoverDeps): WorkspaceMover {
  const { volumes, log } = deps;
  const lanes = createLatestWins();

  return {
    receive: (input, attempt) => lanes.run(input.workspaceId, input.generation, () => receive(input, attempt)),

    async removeLeftOver(input, attempt) {
      const { accountId, workspaceId, generation, now } = input;
      const home = await deps.readHome(workspaceId);
      if (home && home.hostId === deps.hostId && !home.isDeleted)
        throw new WorkspaceFailed('LIVES_HERE', 'The workspace lives on this host: nothing of it was removed.');
      await volumes.letGo(workspaceId);
      const size = { memoryMb: 0, cpuPercent: 0, storageMb: 0 };
      const desired = { state: 'deleted' as const, size };
      const { actions } = await deps.converge({ accountId, workspaceId, generation, desired, now }, attempt);
      if (actions.length > 0) log.info({ workspaceId }, 'what was left of a workspace that moved was removed');
    },
  };

  async function receive(input: ReceiveInput, attempt: Required<Attempt>): Promise<{ bytes: number; digest: string }> {
    const { accountId, workspaceId, fromHostId } = input;
    const hostUrl = await deps.readHostUrl(fromHostId);
    if (hostUrl === null) throw new WorkspaceFailed('HOST_UNKNOWN', `There is no host ${fromHostId} to copy from.`);
    const owner: Owner = { installation: deps.installation, hostId: deps.hostId, accountId, workspaceId };
    const beforeChange = () => requireHome(input, attempt);
    await beforeChange();

    attempt.onStep('look at the data');
    const there = await ask(hostUrl, `${workspaceId}/data/digest`, attempt.signal);
    if (there.status === 404 && input.mayBeEmpty) {
      await there.body?.cancel();
      return { bytes: 0, digest: '' };
    }
    const wanted = contentSchema.parse(await readJson(answerOf(there), SIZE_LIMITS.host.digest));

    attempt.onStep('copy');
    let copied = 0;
    const answer = answerOf(await ask(hostUrl, `${workspaceId}/data`, attempt.signal));
    if (!answer.body) throw new Error('The other host sent no data.');
    const archive = Readable.fromWeb(answer.body as ReadableStream);
    const stored = await volumes.write(owner, archive, {
      storageMb: input.storageMb,
      beforeChange,
      signal: attempt.signal,
      onBytes: (bytes) => {
        copied += bytes;
        attempt.onStep(`copied ${Math.floor(copied / 1024 ** 2)} MB`);
      },
    });
    if (stored.digest !== wanted.digest)
      throw new Error('The copy is not what the other host has: it changed meanwhile.');
    log.info(
      { workspaceId, fromHostId, bytes: stored.bytes, digest: stored.digest },
      'the data of a workspace was copied',
    );
    return { bytes: stored.bytes, digest: stored.digest };
  }

  /** It still lives where it is copied from, and nothing newer is wished. */
  async function requireHome({ workspaceId, fromHostId, generation }: ReceiveInput, { signal }: Required<Attempt>) {
    signal.throwIfAborted();
    const home = await deps.readHome(workspaceId);
    if (!home || home.generation !== generation || home.hostId !== fromHostId)
      throw new StaleGeneration(generation, home?.generation ?? null);
    signal.throwIfAborted();
  }

  function ask(hostUrl: string, path: string, signal: AbortSignal): Promise<Response> {
    return fetch(new URL(`/workspaces/${path}`, hostUrl), {
      headers: { authorization: `Bearer ${deps.internalToken}` },
      redirect: 'error',
      signal,
    });
  }
}

function answerOf(response: Response): Response {
  if (!response.ok) throw new Error(`The host that has the data answered ${response.status}.`);
  return response;
}
