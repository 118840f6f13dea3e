import { createDockerClient } from '#activities/workspaces/docker-client.ts';

/** An engine on a machine that is busy takes its time; one beside it would take away its rules. */
const SILENCE_MS = 10_000;

/**
 * - `docker`: Docker's own engine answers; `podman`: podman's imitation of it does
 * - `forbidden`: this user may not use the socket; `off`: the socket is there and nobody listens; `silent`: nothing is there
 */
export type EngineAtSocket =
  | { kind: 'docker' }
  | { kind: 'podman'; version: string }
  | { kind: 'forbidden' | 'off' | 'silent' };

interface Component {
  Name: string;
  Version: string;
}

/** What is found at a Docker address. Never throws. */
export async function lookAtEngine(dockerHost: string): Promise<EngineAtSocket> {
  try {
    const version = await createDockerClient(dockerHost, { silenceMs: SILENCE_MS }).version();
    const components = (version as { Components?: Component[] }).Components ?? [];
    const podman = components.find(({ Name }) => /podman/i.test(Name));
    return podman ? { kind: 'podman', version: podman.Version } : { kind: 'docker' };
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'EACCES':
        return { kind: 'forbidden' };
      case 'ECONNREFUSED':
        return { kind: 'off' };
      default:
        return { kind: 'silent' };
    }
  }
}
