import { expect, test } from 'vitest';
import { deviceWords } from './device.ts';

test('a session is known by its browser and its system', () => {
  expect(deviceWords('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0')).toBe(
    'Firefox on Linux',
  );
  expect(deviceWords('Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0')).toBe(
    'Edge on Windows',
  );
  expect(deviceWords('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1')).toBe(
    'Safari on iPhone',
  );
});

test('what is unknown is called a browser', () => {
  expect(deviceWords('curl/8')).toBe('Browser');
  expect(deviceWords(null)).toBe('Browser');
});
