import { stringify } from 'yaml';
import type { Ports } from '../ports.ts';

export interface TemporalDatabase {
  host: string;
  port: string;
  user: string;
  password: string;
  tls: boolean;
}

/** Databases beside the product's own, on the same server. */
export const TEMPORAL_DATABASES = { default: 'temporal', visibility: 'temporal_visibility' } as const;

/** Temporal's database settings, read off the product's own address. */
export function temporalDatabase(databaseUrl: string): TemporalDatabase {
  const url = new URL(databaseUrl);
  const sslMode = url.searchParams.get('sslmode');
  return {
    host: url.hostname,
    port: url.port || '5432',
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    tls: sslMode !== null && sslMode !== 'disable',
  };
}

/** The server's configuration: its four services in one process, on loopback, with small pools. */
export function serverConfig(database: TemporalDatabase, ports: Ports, dynamicConfigFile: string): string {
  const store = (databaseName: string, maxConns: number) => ({
    sql: {
      pluginName: 'postgres12_pgx',
      databaseName,
      connectAddr: `${database.host}:${database.port}`,
      connectProtocol: 'tcp',
      user: database.user,
      password: database.password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
      ...(database.tls ? { tls: { enabled: true, enableHostVerification: false } } : {}),
    },
  });
  const service = (grpcPort: number, membershipPort: number) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true },
  });
  return stringify({
    log: { stdout: true, level: 'warn' },
    persistence: {
      // Fixed for ever at the first start.
      numHistoryShards: 4,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      // Each of the four services has its own pools.
      datastores: {
        default: store(TEMPORAL_DATABASES.default, 12),
        visibility: store(TEMPORAL_DATABASES.visibility, 4),
      },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service(ports.temporal, ports.temporalFrontendMembership),
      history: service(ports.temporalHistory, ports.temporalHistoryMembership),
      matching: service(ports.temporalMatching, ports.temporalMatchingMembership),
      worker: service(ports.temporalWorker, ports.temporalWorkerMembership),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports.temporal}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '10s' },
  });
}

/**
 * The server's dynamic configuration.
 *
 * @param timeSkipping lets a test or story move one workflow's clock; never for production
 */
export function dynamicConfig({ timeSkipping }: { timeSkipping: boolean }): string {
  const settings = {
    'system.forceSearchAttributesCacheRefreshOnRead': true,
    // A workflow whose task fails twice in a row, not counting a try on a worker's cache, can be searched for (default 5).
    'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute': 2,
    'history.cacheSizeBasedLimit': true,
    'history.hostLevelCacheMaxSizeBytes': 128 * 1024 * 1024,
    'history.eventsHostLevelCacheMaxSizeBytes': 64 * 1024 * 1024,
    ...(timeSkipping ? { 'frontend.WorkflowTimeSkippingEnabled': true } : {}),
  };
  return stringify(Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, [{ value }]])));
}

/** The Web UI's configuration. It makes no outside request and offers what support staff need. */
export function uiConfig(ports: Ports, namespace: string): string {
  return stringify({
    temporalGrpcAddress: `127.0.0.1:${ports.temporal}`,
    host: '127.0.0.1',
    port: ports.temporalUi,
    enableUi: true,
    defaultNamespace: namespace,
    disableNewsFetch: true,
    cors: { cookieInsecure: true },
  });
}
