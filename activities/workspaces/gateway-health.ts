import type Docker from 'dockerode';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { askUntrusted } from '#incoming/ask-untrusted.ts';
import { GATEWAY_PORT } from './workspace-container.ts';

const { health } = SIZE_LIMITS.workspace;

/** Root of the gateway's URL on the container's own address, or `null` while it has none. */
export function gatewayUrl(container: Docker.ContainerInspectInfo): string | null {
  const address = Object.values(container.NetworkSettings.Networks).find(({ IPAddress }) => IPAddress)?.IPAddress;
  return address ? `http://${address}:${GATEWAY_PORT}` : null;
}

/** Whether the gateway and the plugin runtime behind it answer now. The image's own check says so up to half a minute later. */
export async function isGatewayHealthy(
  container: Docker.ContainerInspectInfo,
  withinMs: number = health.withinMs,
): Promise<boolean> {
  if (container.State.Health?.Status === 'healthy') return true;
  const url = gatewayUrl(container);
  if (!url) return false;
  try {
    const { status } = await askUntrusted(`${url}/health`, { method: 'GET' }, { ...health, withinMs });
    return status === 200;
  } catch {
    return false;
  }
}
