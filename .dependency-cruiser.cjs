// Import boundaries: which folder may import which. The table is in docs/architecture.md.
const allowed = {
  domain: ['domain'],
  catalogs: ['catalogs', 'domain'],
  telemetry: ['telemetry'],
  prisma: ['prisma'],
  // How what comes in from outside is read: to a limit and in a time.
  incoming: ['incoming', 'domain'],
  // What every process knows of settings: their meanings, and what is unsafe in production.
  settings: ['settings'],
  mail: ['mail', 'domain'],
  // What the API and the activities both know of Stripe.
  billing: ['billing', 'domain'],
  activities: ['activities', 'billing', 'domain', 'incoming', 'mail', 'prisma', 'telemetry'],
  // What runs in a workflow knows of activities only their contracts.
  workflows: ['workflows', 'domain', 'activities/contracts.ts', 'activities/reconciliation/contracts.ts'],
  // Finds accounts in trouble and brings them back.
  support: ['support', 'domain', 'prisma', 'telemetry', 'workflows/[^/]+/messages.ts'],
  worker: [
    'worker',
    'activities',
    'billing',
    'catalogs',
    'domain',
    'incoming',
    'mail',
    'prisma',
    'settings',
    'support',
    'telemetry',
    'workflows',
  ],
  api: [
    'api',
    'billing',
    'catalogs/load.ts',
    'domain',
    'incoming',
    'mail',
    'prisma',
    'settings',
    'support',
    'telemetry',
    'activities/contracts.ts',
    'workflows/connection.ts',
    'workflows/[^/]+/messages.ts',
  ],
  web: ['web', 'api/answers.ts', 'api/client-address.ts', 'settings', 'telemetry'],
  'stripe-simulator': ['stripe-simulator', 'settings', 'telemetry'],
  'workspace-runtime': ['workspace-runtime'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(allowed).map(([folder, list]) => ({
      name: `${folder}-boundary`,
      severity: 'error',
      comment: `${folder}/ may import only: ${list.join(', ')}`,
      from: { path: `^${folder}/`, pathNot: '\\.(test|fixture)\\.tsx?$' },
      to: {
        path: '^(?!node_modules/)',
        pathNot: [
          ...list.map((each) => (each.endsWith('.ts') ? `^${each}$` : `^${each}/`)),
          '^node_modules/',
          '^[a-z:_/]+$',
        ],
      },
    })),
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'domain/ uses no library and no part of Node',
      from: { path: '^domain/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    {
      name: 'local-activities-of-the-main-loop-alone',
      severity: 'error',
      comment:
        'Two local activities in flight can make a history that no worker can replay: workflows/subscription/local-steps.ts says why',
      from: { path: '^', pathNot: '^workflows/subscription/(workflow|billing|claims)\\.ts$' },
      to: { path: '^workflows/subscription/local-steps\\.ts$' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['prisma/generated', 'web/build', 'workflows/build'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
