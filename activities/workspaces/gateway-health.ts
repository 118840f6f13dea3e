import type Docker from 'dockerode';
import { GATEWAY_PORT } from './workspace-container.ts';

/** Root of the gateway's URL on the container's own address, or `null` while it has none. */
export function gatewayUrl(container: Docker.ContainerInspectInfo): string | null {
  const address = Object.values(container.NetworkSettings.Networks).find(({ IPAddress }) => IPAddress)?.IPAddress;
  return address ? `http://${address}:${GATEWAY_PORT}` : null;
}

/** Whether the gateway and the plugin runtime behind it answer now. The image's own check says so up to half a minute later. */
export async function isGatewayHealthy(container: Docker.ContainerInspectInfo, timeoutMs = 2000): Promise<boolean> {
  if (container.State.Health?.Status === 'healthy') return true;
  const url = gatewayUrl(container);
  if (!url) return false;
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(timeoutMs) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
