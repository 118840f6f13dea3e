/**
 * What a setting is for, and where its value comes from when nobody gives one.
 *
 * - `secret: 'all'` is never shown; `secret: 'password'` is an address whose password is never shown
 * - `made: 'generated'` is made up once and kept in `secrets.json`; `made: 'embedded'` is the address of a part that
 *   `leasehold up` starts itself
 */
export interface Meaning {
  meaning: string;
  secret?: 'all' | 'password';
  made?: 'generated' | 'embedded';
}

const PORTS = {
  WEB: 'of the web UI',
  API: 'of the API',
  WORKER: "of the worker's internal endpoint",
  SIMULATOR: 'of the Stripe simulator',
  POSTGRES: 'of the embedded PostgreSQL',
  TEMPORAL: 'of the embedded Temporal',
  TEMPORAL_UI: "of Temporal's Web UI",
  MAIL: 'on which caught mails are shown',
  SMTP: 'of the mail catcher',
  TEMPORAL_HISTORY: "of Temporal's history service",
  TEMPORAL_MATCHING: "of Temporal's matching service",
  TEMPORAL_WORKER: "of Temporal's own worker",
  TEMPORAL_FRONTEND_MEMBERSHIP: "on which Temporal's frontend finds its members",
  TEMPORAL_HISTORY_MEMBERSHIP: "on which Temporal's history service finds its members",
  TEMPORAL_MATCHING_MEMBERSHIP: "on which Temporal's matching service finds its members",
  TEMPORAL_WORKER_MEMBERSHIP: "on which Temporal's own worker finds its members",
} as const;

/** Every setting of every process, in the order in which `leasehold config` shows them. */
export const MEANINGS: Readonly<Record<string, Meaning>> = {
  LEASEHOLD_MODE: { meaning: '`development`, or `production`, which refuses what is unsafe for real customers' },

  DATABASE_URL: { meaning: 'PostgreSQL', secret: 'password', made: 'embedded' },
  TEMPORAL_ADDRESS: { meaning: 'Temporal, host:port', made: 'embedded' },
  TEMPORAL_NAMESPACE: { meaning: 'its namespace' },
  TEMPORAL_API_KEY: { meaning: 'its key, on Temporal Cloud', secret: 'all' },
  TEMPORAL_TLS: { meaning: '`true`: it is reached over TLS' },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { meaning: 'file of the certificate authority that its certificate is from' },
  TEMPORAL_TLS_SERVER_NAME: { meaning: 'name that its certificate has' },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { meaning: 'file of our certificate for it' },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { meaning: "file of that certificate's key" },
  TEMPORAL_CONFIG_FILE: { meaning: "file of Temporal's own client configuration" },
  TEMPORAL_PROFILE: { meaning: 'profile in that file' },
  LEASEHOLD_TEMPORAL_UI_URL: { meaning: "Temporal's Web UI, as people open it", made: 'embedded' },
  LEASEHOLD_TIME_SKIPPING: {
    meaning: '`1`: stories and demos may move time on the embedded Temporal; `0`: nobody may',
  },
  DOCKER_HOST: { meaning: 'Docker: unix:///…, tcp://…, http(s)://…', made: 'embedded' },
  STRIPE_SECRET_KEY: {
    meaning: "Stripe's secret key; with none, and no simulator, billing is off",
    secret: 'all',
    made: 'generated',
  },
  STRIPE_WEBHOOK_SECRET: {
    meaning: "signing secret of Stripe's webhook; two with a comma while one is rotated",
    secret: 'all',
    made: 'generated',
  },
  STRIPE_API_BASE: { meaning: "Stripe's address, when it is not Stripe itself: the simulator", made: 'embedded' },
  SMTP_URL: { meaning: 'where mails are handed in', secret: 'password', made: 'embedded' },
  LEASEHOLD_MAIL_URL: { meaning: 'where caught mails are shown', made: 'embedded' },

  LEASEHOLD_CATALOG: { meaning: 'file of the plans and the dunning policy' },
  MAIL_FROM: { meaning: 'sender of mails' },
  LEASEHOLD_WEB_ORIGIN: { meaning: 'scheme, host and port that people open', made: 'embedded' },
  LEASEHOLD_API_URL: { meaning: 'where the web server reaches the API', made: 'embedded' },
  LEASEHOLD_WORKER_URL: { meaning: "where the API reaches this host's worker; default: the worker's port on loopback" },
  LEASEHOLD_LISTEN: { meaning: 'address on which a process listens; for containers only, `up` keeps to loopback' },
  LEASEHOLD_PROXY_HOPS: { meaning: 'your proxies before web: so many entries of X-Forwarded-For are believed' },
  LEASEHOLD_GITHUB_CLIENT_ID: { meaning: 'sign-in with GitHub' },
  LEASEHOLD_GITHUB_CLIENT_SECRET: { meaning: 'its secret', secret: 'all' },
  LEASEHOLD_OIDC_NAME: { meaning: 'what the button of your own sign-in provider says' },
  LEASEHOLD_OIDC_ISSUER: { meaning: 'that provider' },
  LEASEHOLD_OIDC_DISCOVERY_URL: { meaning: 'its discovery document, instead of the issuer' },
  LEASEHOLD_OIDC_CLIENT_ID: { meaning: 'who we are there' },
  LEASEHOLD_OIDC_CLIENT_SECRET: { meaning: 'its secret', secret: 'all' },

  BETTER_AUTH_SECRET: { meaning: 'signs sessions; 32 characters or more', secret: 'all', made: 'generated' },
  LEASEHOLD_INTERNAL_TOKEN: {
    meaning: 'between our own processes; 16 characters or more',
    secret: 'all',
    made: 'generated',
  },
  LEASEHOLD_DEMO_PASSWORD: { meaning: 'password of demo@leasehold.test', secret: 'all', made: 'generated' },
  LEASEHOLD_INSTALLATION: { meaning: 'names this installation on the labels of its containers', made: 'generated' },

  LEASEHOLD_HOST_ID: { meaning: 'name of this Docker host and its task queue' },
  LEASEHOLD_HOST_MEMORY_MB: { meaning: 'memory that its workspaces get; default: what Docker says' },
  LEASEHOLD_HOST_CPU_PERCENT: { meaning: 'CPU that its workspaces get, 100 for each; default: what Docker says' },
  LEASEHOLD_HOST_LABELS: { meaning: 'what plans may ask of a host, such as zone=eu,disk=ssd' },
  LEASEHOLD_CPU_OVERCOMMIT: { meaning: "how many times a host's CPU may be promised to workspaces" },
  LEASEHOLD_FREE_ACCOUNTS_PER_PERSON: {
    meaning: 'accounts on a free plan that one person may own, the own one included',
  },
  LEASEHOLD_FREE_SHARE_PERCENT: {
    meaning:
      "part of each host's memory and promised CPU that free accounts may have; the rest is kept for those that pay",
  },
  LEASEHOLD_NEW_ORGANISATIONS_PER_HOUR: { meaning: 'organisations that one person may create in an hour' },
  LEASEHOLD_NEW_WORKSPACES_PER_HOUR: { meaning: 'workspaces that one person may create in an hour' },
  LEASEHOLD_CAPACITY_WARN_PERCENT: {
    meaning: 'a host of which so much memory or CPU is promised is nearly full: the next one is needed',
  },
  LEASEHOLD_WORKER_ROLE: { meaning: "`all`, or `host`: this host's workspaces alone" },
  LEASEHOLD_WORKFLOW_BUNDLE: { meaning: "for tests: a script with other workflows than this version's" },
  LEASEHOLD_EGRESS: { meaning: 'where workspaces may send to: `internet` or `none`' },
  LEASEHOLD_STORAGE_DIR: {
    meaning: "folder of the workspaces' disks, where their size is a hard limit",
    made: 'embedded',
  },
  LEASEHOLD_STORAGE_LOOK_SECONDS: { meaning: 'time between two looks at how much storage workspaces use' },
  LEASEHOLD_HOST_LOOK_SECONDS: { meaning: 'time between two comparisons of a host with what should run on it' },
  LEASEHOLD_SUBNET_POOL: { meaning: "addresses of workspaces' networks, a /28 each", made: 'embedded' },
  LEASEHOLD_WORKSPACE_IMAGE: { meaning: 'name of the workspace image' },
  LEASEHOLD_WORKSPACE_BASE: { meaning: "image with Node 20 to build it on; default: made from this machine's node" },
  LEASEHOLD_RECONCILE_PER_SECOND: { meaning: 'pace of the reconciliation, accounts or pages in a second' },
  LEASEHOLD_RECONCILE_CONFIRM_SECONDS: { meaning: 'what differs is believed when it still does after so many seconds' },
  LEASEHOLD_BURST_QUIET_MS: {
    meaning: "a burst of a customer's webhooks is over after so many milliseconds without one",
  },

  STRIPE_SIMULATOR_PORT: { meaning: 'port of the Stripe simulator', made: 'embedded' },
  STRIPE_SIMULATOR_STATE: { meaning: 'file of its memory, or memory for none', made: 'embedded' },
  STRIPE_SIMULATOR_FORWARD_TO: { meaning: 'where it sends all events', made: 'embedded' },
  STRIPE_SIMULATOR_PUBLIC_URL: { meaning: 'where its pages are opened; default: its port on loopback' },
  STRIPE_SIMULATOR_RETRY_DAYS: { meaning: 'days after which it charges a failed renewal again' },
  STRIPE_SIMULATOR_AFTER_LAST_RETRY: { meaning: 'what becomes of a subscription after the last try' },
  STRIPE_SIMULATOR_UPCOMING_DAYS: { meaning: 'days before a renewal at which it says so; 0: never' },

  LEASEHOLD_STATE: { meaning: 'folder of all state; default: .leasehold in the checkout' },
  LEASEHOLD_CACHE: {
    meaning: 'folder of what is built once for all checkouts; default: leasehold in your cache folder',
  },
  LEASEHOLD_NO_INSTALL: { meaning: '`1`: no system package and no system user is ever made' },
  LEASEHOLD_CHROMIUM: { meaning: 'Chromium for tests in a browser; default: the first on the PATH' },
  LOG_LEVEL: { meaning: 'how much is logged: fatal, error, warn, info, debug, trace, silent' },
  LEASEHOLD_PORT_OFFSET: { meaning: 'moves all default ports up by so much, for a second checkout beside the first' },
  ...Object.fromEntries(
    Object.entries(PORTS).map(([name, what]) => [`LEASEHOLD_${name}_PORT`, { meaning: `port ${what}` }]),
  ),
};
