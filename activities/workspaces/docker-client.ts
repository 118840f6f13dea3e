import Docker from 'dockerode';

export interface DockerClientOptions {
  /** A call that gets no byte for this long has failed, in milliseconds. Default 60,000: a stop with its grace period fits in. */
  silenceMs?: number;
}

/**
 * A client for the engine at `dockerHost`: `unix:///path/docker.sock`, `tcp://host:port` or `http(s)://host:port`.
 * Throws a `TypeError` for any other form.
 */
export function createDockerClient(dockerHost: string, { silenceMs = 60_000 }: DockerClientOptions = {}): Docker {
  if (dockerHost.startsWith('unix://')) {
    return new Docker({ socketPath: dockerHost.slice('unix://'.length), timeout: silenceMs });
  }
  const url = URL.canParse(dockerHost) ? new URL(dockerHost) : null;
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(`DOCKER_HOST is ${dockerHost}: expected unix:///path, tcp://host:port or https://host:port.`);
  }
  return new Docker({
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    port: Number(url.port || 2375),
    timeout: silenceMs,
  });
}
