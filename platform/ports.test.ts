import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { PlatformError } from './platform-error.ts';
import { configuredPorts, DEFAULT_PORTS, freePorts, isFree, portSetting } from './ports.ts';

test('a setting moves its own port and no other', () => {
  expect(portSetting('temporalUi')).toBe('LEASEHOLD_TEMPORAL_UI_PORT');
  expect(configuredPorts({ LEASEHOLD_TEMPORAL_UI_PORT: '9000' } as never)).toEqual({
    ...DEFAULT_PORTS,
    temporalUi: 9000,
  });
});

test('an empty setting is none', () => {
  expect(configuredPorts({ LEASEHOLD_WEB_PORT: '' } as never).web).toBe(DEFAULT_PORTS.web);
});

test.each(['0', '65536', 'http', '43.1'])('%s is refused as a port, with the name of the setting', (value) => {
  expect(() => configuredPorts({ LEASEHOLD_API_PORT: value } as never)).toThrow(PlatformError);
  expect(() => configuredPorts({ LEASEHOLD_API_PORT: value } as never)).toThrow('LEASEHOLD_API_PORT');
});

test('free ports differ from each other and from those that are taken', async () => {
  const ports = Object.values(await freePorts());
  expect(new Set(ports).size).toBe(ports.length);

  const server = createServer();
  const taken = ports[0] ?? 0;
  await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve));
  expect(await isFree(taken)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(taken)).toBe(true);
});
