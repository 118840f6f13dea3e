/** A setting that is fine for a demo and not for real customers. */
export interface UnsafeSetting {
  setting: string;
  /** Why it is unsafe. */
  problem: string;
  /** What to do. */
  remedy: string;
}

type Environment = Record<string, string | undefined>;

/** Whether `LEASEHOLD_MODE` is `production`. Throws for a value that is no mode. */
export function isProduction({ LEASEHOLD_MODE: mode }: Environment): boolean {
  if (mode && mode !== 'production' && mode !== 'development')
    throw new Error(`LEASEHOLD_MODE is "${mode}": give "production" or "development".`);
  return mode === 'production';
}

/**
 * What production mode refuses in the environment of one process. Settings that the process does not have are not missed
 * here: it says itself what it needs.
 */
export function unsafeInProduction(env: Environment): UnsafeSetting[] {
  const origin = env.LEASEHOLD_WEB_ORIGIN || 'http://127.0.0.1:4310';
  const rules: [isUnsafe: boolean, UnsafeSetting][] = [
    [
      Boolean(env.LEASEHOLD_DEMO_PASSWORD),
      {
        setting: 'LEASEHOLD_DEMO_PASSWORD',
        problem: 'everybody who knows it can sign in as the demo customer',
        remedy: 'unset it',
      },
    ],
    [
      Boolean(env.STRIPE_API_BASE),
      {
        setting: 'STRIPE_API_BASE',
        problem: 'a simulator is asked instead of Stripe, and takes every card',
        remedy: "unset it, and set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET to Stripe's",
      },
    ],
    [
      env.LEASEHOLD_TIME_SKIPPING === '1',
      {
        setting: 'LEASEHOLD_TIME_SKIPPING',
        problem: "a workflow's clock can be moved, and with it every deadline",
        remedy: 'set it to 0',
      },
    ],
    [
      Boolean(env.LEASEHOLD_WORKFLOW_BUNDLE),
      {
        setting: 'LEASEHOLD_WORKFLOW_BUNDLE',
        problem: 'accounts would follow the workflows of a test and not those of this version',
        remedy: 'unset it',
      },
    ],
    [
      !origin.startsWith('https://'),
      {
        setting: 'LEASEHOLD_WEB_ORIGIN',
        problem: `${origin} is not https, so passwords and cookies would travel in the clear`,
        remedy: 'put a proxy with TLS in front, and set it to the https address that people open',
      },
    ],
    [
      !isLoopback(env.LEASEHOLD_LISTEN) && Number(env.LEASEHOLD_PROXY_HOPS || 0) < 1,
      {
        setting: 'LEASEHOLD_LISTEN',
        problem: `${env.LEASEHOLD_LISTEN} is reached from outside without TLS in front`,
        remedy: 'put a proxy with TLS in front and set LEASEHOLD_PROXY_HOPS to 1 or more; or unset it',
      },
    ],
    [
      /@([^@>]+\.)?(test|example|invalid|localhost)>?$/.test(env.MAIL_FROM || '@leasehold.test'),
      {
        setting: 'MAIL_FROM',
        problem: 'mails would come from an address that does not exist',
        remedy: 'set it to yours',
      },
    ],
  ];
  return rules.flatMap(([isUnsafe, unsafe]) => (isUnsafe ? [unsafe] : []));
}

/**
 * @param also what else was found unsafe
 * @throws Error in production mode, naming each setting that is unsafe and what to do
 */
export function refuseUnsafe(env: Environment, also: readonly UnsafeSetting[] = []): void {
  if (!isProduction(env)) return;
  const unsafe = [...unsafeInProduction(env), ...also];
  if (unsafe.length > 0) throw new Error(describeUnsafe(unsafe));
}

/** One line for each, for people. */
export function describeUnsafe(unsafe: readonly UnsafeSetting[]): string {
  const lines = unsafe.map(({ setting, problem, remedy }) => `  ${setting}: ${problem}; ${remedy}.`);
  return `LEASEHOLD_MODE=production refuses these settings:\n${lines.join('\n')}`;
}

function isLoopback(address: string | undefined): boolean {
  return !address || /^(127\.|::1$|localhost$)/.test(address);
}
