import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { type Owner, objectName, ownerLabels } from './ownership.ts';

/** Label with the digest of everything but the limits: image, token, hardening. */
export const SPEC_LABEL = 'leasehold.spec';
/** Where the gateway listens inside the container. */
export const GATEWAY_PORT = 8080;

const MEBIBYTE = 1024 * 1024;
/** CPU time is shared out in slices of 100 ms: a percent of a core is 1,000 µs of each. */
const CPU_PERIOD_US = 100_000;
const CPU_US_PER_PERCENT = CPU_PERIOD_US / 100;

export interface ContainerSpec {
  owner: Owner;
  /** Id of the image, so that a moved tag counts as a change. */
  imageId: string;
  token: string;
}

/** Limits as Docker takes them, for create and update alike. Swap equals memory: there is none. */
export function dockerLimits(size: WorkspaceSize) {
  const memory = size.memoryMb * MEBIBYTE;
  return {
    Memory: memory,
    MemorySwap: memory,
    CpuPeriod: CPU_PERIOD_US,
    CpuQuota: size.cpuPercent * CPU_US_PER_PERCENT,
  };
}

export function hasLimits(container: Docker.ContainerInspectInfo, size: WorkspaceSize): boolean {
  const { HostConfig: actual } = container;
  return Object.entries(dockerLimits(size)).every(([name, value]) => actual[name as keyof typeof actual] === value);
}

/** The memory limit that the engine shows. */
export function memoryMbOf(container: Docker.ContainerInspectInfo): number {
  return Math.round((container.HostConfig.Memory ?? 0) / MEBIBYTE);
}

/** The size that the engine shows. Storage is no limit of a container: it is as wished. */
export function sizeInForce(container: Docker.ContainerInspectInfo, wished: WorkspaceSize): WorkspaceSize {
  return {
    memoryMb: memoryMbOf(container),
    cpuPercent: Math.round((container.HostConfig.CpuQuota ?? 0) / CPU_US_PER_PERCENT),
    storageMb: wished.storageMb,
  };
}

/**
 * A hardened container: an unprivileged user without capabilities, a read-only root, memory for `/tmp`, a data volume,
 * at most 256 processes, 10 MB of log, no published port. Its restart policy starts as `no`.
 */
export function containerOptions(
  spec: ContainerSpec,
  size: WorkspaceSize,
  networkId: string,
): Docker.ContainerCreateOptions {
  const { fixed, digest } = fixedOptions(spec);
  return {
    ...fixed,
    Labels: { ...ownerLabels(spec.owner), [SPEC_LABEL]: digest },
    HostConfig: {
      ...fixed.HostConfig,
      ...dockerLimits(size),
      NetworkMode: networkId,
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** Whether the container was made from this specification. One that was not is replaced before its next start. */
export function matchesSpec(container: Docker.ContainerInspectInfo, spec: ContainerSpec): boolean {
  return container.Config.Labels[SPEC_LABEL] === fixedOptions(spec).digest;
}

function fixedOptions({ owner, imageId, token }: ContainerSpec) {
  const name = objectName(owner);
  const fixed = {
    name,
    Hostname: 'workspace',
    Image: imageId,
    User: '10001:10001',
    Env: [`LEASEHOLD_WORKSPACE_ID=${owner.workspaceId}`, `LEASEHOLD_WORKSPACE_TOKEN=${token}`],
    HostConfig: {
      PidsLimit: 256,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m,uid=10001,gid=10001' },
      Mounts: [{ Type: 'volume' as const, Source: name, Target: '/data' }],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '5m', 'max-file': '2' } },
    },
  };
  const digest = createHash('sha256').update(JSON.stringify(fixed)).digest('hex').slice(0, 16);
  return { fixed, digest };
}
