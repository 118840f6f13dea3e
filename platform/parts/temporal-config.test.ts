import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_PORTS } from '../ports.ts';
import { dynamicConfig, serverConfig, temporalDatabase } from './temporal-config.ts';

test('time skipping is there only when asked for', () => {
  expect(parse(dynamicConfig({ timeSkipping: true }))).toHaveProperty(['frontend.WorkflowTimeSkippingEnabled']);
  expect(parse(dynamicConfig({ timeSkipping: false }))).not.toHaveProperty(['frontend.WorkflowTimeSkippingEnabled']);
});

test("a password with special characters arrives whole in the server's configuration", () => {
  const database = temporalDatabase('postgresql://some%40one:p%3A%22%2F%23@db:5433/leasehold?sslmode=require');
  expect(database).toEqual({ host: 'db', port: '5433', user: 'some@one', password: 'p:"/#', tls: true });
  const { sql } = parse(serverConfig(database, { ...DEFAULT_PORTS }, '/d.yaml')).persistence.datastores.default;
  expect(sql).toMatchObject({ user: 'some@one', password: 'p:"/#', connectAddr: 'db:5433', tls: { enabled: true } });
});

test('the pools of all services together leave room for the product', () => {
  const config = parse(serverConfig(temporalDatabase('postgresql://u:p@h/d'), { ...DEFAULT_PORTS }, '/d.yaml'));
  const pools = Object.values<{ sql: { maxConns: number } }>(config.persistence.datastores).map(
    ({ sql }) => sql.maxConns,
  );
  const services = Object.keys(config.services).length;
  expect(services * pools.reduce((sum, size) => sum + size, 0)).toBeLessThan(100);
});

test('every service listens on loopback only', () => {
  const config = parse(serverConfig(temporalDatabase('postgresql://u:p@h/d'), { ...DEFAULT_PORTS }, '/d.yaml'));
  for (const service of Object.values<{ rpc: object }>(config.services))
    expect(service.rpc).toMatchObject({ bindOnLocalHost: true });
});
