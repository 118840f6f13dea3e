import type { Platform } from '#platform/start.ts';

/** Where everything is, and how to sign in: what `up` ends with. */
export function addressTable({ env, parts }: Pick<Platform, 'env' | 'parts'>): string {
  const has = (name: string) => parts().some((part) => part.name === name && part.state === 'running');
  const rows: [string, string | undefined][] = [
    ['Web', has('web') ? env.LEASEHOLD_WEB_ORIGIN : undefined],
    ['API', has('api') ? env.LEASEHOLD_API_URL : undefined],
    ['Temporal UI', has('temporal-ui') ? env.LEASEHOLD_TEMPORAL_UI_URL : undefined],
    ['Mail', has('mail') ? env.LEASEHOLD_MAIL_URL : undefined],
    ['Stripe simulator', has('simulator') ? env.STRIPE_API_BASE : undefined],
    ['Billing', env.STRIPE_SECRET_KEY ? undefined : 'off: there is neither STRIPE_SECRET_KEY nor the simulator'],
    [
      'Sign in',
      has('api') && env.LEASEHOLD_DEMO_PASSWORD ? `demo@leasehold.test  ${env.LEASEHOLD_DEMO_PASSWORD}` : undefined,
    ],
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, address]) => `  ${name.padEnd(width)}  ${address}`).join('\n');
}
