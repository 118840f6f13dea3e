import { defineConfig } from 'vitest/config';
import { loopbackPastProxies } from './platform/loopback-past-proxies.ts';
import { SlowestTests } from './test/slowest-tests.ts';

Object.assign(process.env, loopbackPastProxies(process.env));

const source = [
  'activities',
  'api',
  'billing',
  'catalogs',
  'cli',
  'domain',
  'mail',
  'platform',
  'prisma',
  'settings',
  'stories',
  'stripe-simulator',
  'telemetry',
  'web',
  'worker',
  'workflows',
  'workspace-runtime',
];

export default defineConfig({
  test: {
    reporters: ['default', new SlowestTests()],
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: source.map((folder) => `${folder}/**/*.test.{ts,tsx}`),
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', 'web/build/**'],
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          include: [...source.map((folder) => `${folder}/**/*.integration.test.ts`), 'test/integration/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['test/platform.setup.ts'],
          fileParallelism: false,
          // Of tests that say of themselves that they run beside each other.
          maxConcurrency: 8,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/platform.setup.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
