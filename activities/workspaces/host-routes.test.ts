import { expect, test } from 'vitest';
import { routesOf } from './host-routes.ts';

test('routes are blocks in CIDR form, without the default route and without what is none', () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'br-1\t9000F60A\t00000000\t0001\t0\t0\t0\tF0FFFFFF\t0\t0\t0',
    'eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    '',
  ].join('\n');
  expect(routesOf(table)).toEqual(['10.246.0.144/28', '192.168.0.0/24']);
  expect(routesOf('')).toEqual([]);
});
