import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** The client and the connection below it, which is needed for raw service calls and to close. */
export interface TemporalLink {
  client: Client;
  connection: Connection;
  namespace: string;
}

/**
 * A client for Temporal from `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*` or the
 * profile that they name (`@temporalio/envconfig`). It connects at the first call, so that the API starts without
 * Temporal, and again by itself whenever the connection was lost: at most 2 s after the server is back.
 *
 * The namespace is `leasehold` unless told otherwise. Calls carry no deadline of their own: wrap them in `connection.withDeadline`.
 * Queries are answered by open workflows only: a terminated one would tell its last state as if it were true.
 */
export function createTemporalLink(env: Record<string, string>): TemporalLink {
  const config = loadClientConnectConfig({ overrideEnvVars: env });
  const connection = Connection.lazy({
    ...config.connectionOptions,
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 4 }))],
    channelArgs: {
      'grpc.keepalive_time_ms': 15_000,
      'grpc.keepalive_timeout_ms': 5_000,
      'grpc.keepalive_permit_without_calls': 1,
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
  });
  const namespace = config.namespace ?? 'leasehold';
  return {
    client: new Client({ connection, namespace, workflow: { queryRejectCondition: 'NOT_OPEN' } }),
    connection,
    namespace,
  };
}
