import { expect, test } from 'vitest';
import { readPartNames, withNeeds } from './part-names.ts';

test('a list of parts is read, and a part that there is not is refused with those that there are', () => {
  expect(readPartNames('worker, api')).toEqual(['worker', 'api']);
  expect(() => readPartNames('worker,wrokspace')).toThrow(/"wrokspace" is no part. There are: postgres, temporal,/);
});

test('a part that is asked for brings along what it needs, and nothing else', () => {
  expect(withNeeds(['api'])).toEqual(['postgres', 'temporal', 'migrations', 'api']);
  expect(withNeeds(['mail'])).toEqual(['mail']);
});
