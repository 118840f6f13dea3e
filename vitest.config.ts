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
  'incoming',
  'mail',
  'platform',
  'prisma',
  'settings',
  'stories',
  'stripe-simulator',
  'support',
  'telemetry',
  'web',
  'worker',
  'workflows',
  'workspace-runtime',
];

/** Test files on the real engines that run at a time, each on a platform of its own (`test/lane.ts`): they wait more than they compute. */
const LANES = 3;

export default defineConfig({
  test: {
    reporters: ['default', new SlowestTests()],
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          // Some start processes of their own.
          testTimeout: 30_000,
          hookTimeout: 120_000,
          include: source.map((folder) => `${folder}/**/*.test.{ts,tsx}`),
          exclude: ['**/node_modules/**', '**/*.integration.test.ts', 'web/build/**'],
          globalSetup: ['test/stripe-recording.setup.ts'],
        },
      },
      {
        test: {
          // At the simulator; `npm run test:stripe` tries the same at Stripe itself.
          name: 'stripe-contract',
          sequence: { groupOrder: 0 },
          maxWorkers: 2,
          include: ['test/stripe-contract/**/*.test.ts'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/stripe-contract/stripe.setup.ts'],
          maxConcurrency: 4,
          // Stripe's test clocks need a minute for what the simulator does at once.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          include: [...source.map((folder) => `${folder}/**/*.integration.test.ts`), 'test/integration/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/platform.setup.ts'],
          setupFiles: ['test/leave-nothing-behind.ts'],
          maxWorkers: LANES,
          // Of tests that say of themselves that they run beside each other.
          maxConcurrency: 6,
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // Stops engines that all lanes live on, or takes the whole machine.
          name: 'alone',
          sequence: { groupOrder: 2 },
          include: ['test/alone/**/*.test.ts'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/platform.setup.ts'],
          setupFiles: ['test/leave-nothing-behind.ts'],
          maxWorkers: 1,
          maxConcurrency: 12,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          // Cells of the table of losses that take long; `npm run test:long`, not part of `npm test`.
          name: 'long',
          sequence: { groupOrder: 2 },
          include: ['test/long/**/*.test.ts'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/platform.setup.ts'],
          setupFiles: ['test/leave-nothing-behind.ts'],
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/chromium.setup.ts', 'test/platform.setup.ts'],
          setupFiles: ['test/leave-nothing-behind.ts'],
          maxWorkers: 2,
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          // Replays what the others of the same run have recorded.
          name: 'stripe-mock',
          sequence: { groupOrder: 4 },
          include: ['test/stripe-mock/**/*.test.ts'],
          globalSetup: ['test/stripe-recording.setup.ts', 'test/stripe-mock/build.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
