import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../root.ts';

test('the image build sends the engine each folder that the Dockerfile copies', () => {
  const dockerfile = readFileSync(join(ROOT, 'docker/Dockerfile'), 'utf8');
  const sources = readFileSync(join(ROOT, 'platform/parts/product-images.ts'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY ([a-z-]+) \1$/gm)].map(([, folder = '']) => folder);
  expect(copied.length).toBeGreaterThan(10);
  expect(copied.filter((folder) => !sources.includes(`'${folder}'`))).toEqual([]);
});
