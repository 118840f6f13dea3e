import { expect, test } from 'vitest';
import { MEANINGS } from '#settings/meanings.ts';
import { readConfiguration, settingNames } from './configuration.ts';

const secrets = {
  installationId: 'installation',
  postgresPassword: 'pg-hidden',
  betterAuthSecret: 'auth-hidden',
  internalToken: 'token-hidden',
  stripeSecretKey: 'sk_test_hidden',
  stripeWebhookSecret: 'whsec_hidden',
  demoPassword: 'demo-hidden',
};

function configuration(given: Record<string, string>, fromFile: string[] = []) {
  const read = readConfiguration({ given, fromFile: new Set(fromFile), secrets, stateDir: '/state' });
  return { ...read, of: (name: string) => read.settings.find((setting) => setting.name === name) };
}

test('each setting that a process reads has a meaning, and what has a meaning is read', () => {
  const read = new Set(settingNames());
  const described = Object.keys(MEANINGS).filter((name) => !name.startsWith('TEMPORAL_'));
  const elsewhere = ['LEASEHOLD_API_URL', 'LEASEHOLD_INSTALLATION'];
  expect([...read].filter((name) => !(name in MEANINGS))).toEqual([]);
  expect(described.filter((name) => !read.has(name) && !elsewhere.includes(name))).toEqual([]);
});

test('each value has its source: given, from the file, a default, made up, or a part that is started here', () => {
  const { of } = configuration({ LEASEHOLD_WEB_PORT: '5000', MAIL_FROM: 'me@example.com' }, ['MAIL_FROM']);
  expect(of('LEASEHOLD_WEB_PORT')).toMatchObject({ value: '5000', source: 'environment' });
  expect(of('MAIL_FROM')).toMatchObject({ value: 'me@example.com', source: '.env' });
  expect(of('LEASEHOLD_API_PORT')).toMatchObject({ value: '4311', source: 'default', processes: ['leasehold', 'api'] });
  expect(of('LEASEHOLD_RECONCILE_PER_SECOND')).toMatchObject({ value: '5', source: 'default' });
  expect(of('BETTER_AUTH_SECRET')).toMatchObject({ source: 'generated' });
  expect(of('LEASEHOLD_WEB_ORIGIN')).toMatchObject({ value: 'http://127.0.0.1:5000', source: 'embedded' });
  expect(of('LEASEHOLD_GITHUB_CLIENT_ID')).toMatchObject({ value: null, source: 'not set' });
});

test('no secret is shown, and of an address only the password is hidden', () => {
  const given = { SMTP_URL: 'smtp://user:mail-hidden@mail.example:587', STRIPE_SECRET_KEY: 'sk_live_hidden' };
  const { settings, of } = configuration(given);
  expect(JSON.stringify(settings)).not.toContain('hidden');
  expect(of('SMTP_URL')?.value).toBe('smtp://user:***@mail.example:587');
  expect(of('DATABASE_URL')).toMatchObject({ source: 'embedded', value: expect.stringContaining('leasehold:***@127') });
});

test('a mistyped name is in the configuration with what was meant', () => {
  expect(configuration({ LEASEHOLD_API_PROT: '1' }).unknown).toEqual([
    { name: 'LEASEHOLD_API_PROT', nearest: 'LEASEHOLD_API_PORT' },
  ]);
});

test('production on one machine refuses the simulator, made up secrets, caught mails and an address without TLS', () => {
  const { unsafe, of } = configuration({ LEASEHOLD_MODE: 'production' });
  expect(unsafe.map(({ setting }) => setting).sort()).toEqual(
    [
      ...['BETTER_AUTH_SECRET', 'LEASEHOLD_INTERNAL_TOKEN', 'LEASEHOLD_WEB_ORIGIN'],
      ...['MAIL_FROM', 'SMTP_URL', 'STRIPE_SECRET_KEY'],
    ].sort(),
  );
  for (const { remedy } of unsafe) expect(remedy).not.toBe('');
  expect(of('LEASEHOLD_DEMO_PASSWORD')).toMatchObject({ value: null });
  expect(of('LEASEHOLD_TIME_SKIPPING')).toMatchObject({ value: '0' });
});

test('production on one machine is fine once everything unsafe is given', () => {
  const given = {
    LEASEHOLD_MODE: 'production',
    BETTER_AUTH_SECRET: 'a'.repeat(32),
    LEASEHOLD_INTERNAL_TOKEN: 'b'.repeat(32),
    LEASEHOLD_WEB_ORIGIN: 'https://leasehold.example.com',
    MAIL_FROM: 'billing@example.com',
    SMTP_URL: 'smtp://mail.example.com',
    STRIPE_SECRET_KEY: 'sk_live_own',
    STRIPE_WEBHOOK_SECRET: 'whsec_own',
  };
  expect(configuration(given).unsafe).toEqual([]);
});
