import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOTP } from '@better-auth/utils/otp';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Mail } from '#mail/mailer.ts';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { CLIENT_ADDRESS_HEADER } from '../client-address.ts';
import type { Api } from '../create-api.ts';
import { createTestApi, ensureDatabase, openDatabase, platformEnv } from '../integration.fixture.ts';
import { Browser, mailTo, newPerson, PASSWORD, someAddress, tokenIn } from '../people.fixture.ts';
import { createAuth } from './auth.ts';

let api: Api;
let database: pg.Pool;

beforeAll(async () => {
  await ensureDatabase();
  database = openDatabase();
  api = createTestApi();
});

afterAll(async () => {
  await api.close();
  await database.end();
});

const signInWith = (browser: Browser, email: string, password = PASSWORD) =>
  browser.post('/api/auth/sign-in/email', { email, password });

test('a wrong password and an unknown address get the same 401', async () => {
  const { email } = await newPerson(api);
  const wrong = await signInWith(new Browser(api), email, 'not the password');
  const unknown = await signInWith(new Browser(api), `nobody-${randomUUID()}@leasehold.test`);
  for (const answer of [wrong, unknown]) expect([answer.status, answer.body.code]).toEqual([401, 'sign-in-failed']);
  expect(wrong.body.detail).toBe(unknown.body.detail);
});

test('guesses at one person are counted in PostgreSQL: over two API processes and many addresses, then 429', async () => {
  const { email } = await newPerson(api);
  const second = createTestApi();
  const statuses = [];
  for (let guess = 0; guess < 12; guess += 1) {
    const from = new Browser(guess % 2 === 0 ? api : second);
    statuses.push((await signInWith(from, guess % 3 === 0 ? email.toUpperCase() : email, 'a wrong guess')).status);
  }
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  const right = await signInWith(new Browser(second), email);
  expect(right).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  await second.close();
});

test('a success forgets the guesses before it', async () => {
  const { email } = await newPerson(api);
  for (let round = 0; round < 2; round += 1) {
    const browser = new Browser(api);
    for (let guess = 0; guess < 8; guess += 1) await signInWith(browser, email, 'a wrong guess');
    expect((await signInWith(browser, email)).status).toBe(200);
  }
});

test('guesses from one address at many people are 429 over two API processes; others and forged addresses are not helped', async () => {
  const second = createTestApi();
  const address = someAddress();
  const guess = (of: Api, headers: Record<string, string> = {}) =>
    new Browser(of, address).post(
      '/api/auth/sign-in/email',
      { email: `${randomUUID()}@leasehold.test`, password: PASSWORD },
      headers,
    );
  const answers = await Promise.all(Array.from({ length: 24 }, (_, index) => guess(index % 2 === 0 ? api : second)));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(20);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
  const limited = await guess(api, { 'x-forwarded-for': someAddress(), 'x-leasehold-address': someAddress() });
  expect([limited.status, limited.body.code]).toEqual([429, 'rate-limited']);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await signInWith(new Browser(second), `${randomUUID()}@leasehold.test`)).status).toBe(401);
  // An address that nobody vouches for is not believed: the connection's own counts, here none.
  const forged = await guess(api, { [CLIENT_ADDRESS_HEADER]: `${someAddress()} forged` });
  expect(forged.status).toBe(401);
  await second.close();
});

test('a reset is mailed, works once, ends all sessions, and is answered alike for an unknown address', async () => {
  const { email, browser } = await newPerson(api);
  const stranger = new Browser(api);
  const known = await stranger.post('/api/auth/request-password-reset', { email });
  const unknown = await stranger.post('/api/auth/request-password-reset', {
    email: `nobody-${randomUUID()}@leasehold.test`,
  });
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body]);

  const token = tokenIn(await mailTo(email, 'password-reset'));
  const { rows } = await database.query('SELECT 1 FROM verification WHERE identifier LIKE $1', [`%${token}%`]);
  expect(rows).toEqual([]);
  const reset = (newPassword: string) => stranger.post('/api/auth/reset-password', { token, newPassword });
  expect(await reset('short')).toMatchObject({ status: 400, body: { code: 'password-unfit' } });
  expect((await reset('a new long password')).status).toBe(200);
  expect(await reset('a third long password')).toMatchObject({ status: 400, body: { code: 'token-invalid' } });
  expect((await browser.get('/api/auth/get-session')).body).toBeNull();
  expect((await signInWith(new Browser(api), email)).status).toBe(401);
  expect((await signInWith(new Browser(api), email, 'a new long password')).status).toBe(200);
});

test('a changed password needs the present one', async () => {
  const { email, browser } = await newPerson(api);
  const change = (currentPassword: string) =>
    browser.post('/api/auth/change-password', {
      currentPassword,
      newPassword: 'a new long password',
      revokeOtherSessions: true,
    });
  expect(await change('not the password')).toMatchObject({ status: 400, body: { code: 'password-wrong' } });
  expect((await change(PASSWORD)).status).toBe(200);
  expect((await signInWith(new Browser(api), email, 'a new long password')).status).toBe(200);
});

test('with a second factor the password alone opens nothing; a code or an unused backup code does', async () => {
  const { email, browser } = await newPerson(api);
  const enabled = await browser.post('/api/auth/two-factor/enable', { password: PASSWORD });
  expect(enabled.status).toBe(200);
  const secret = new URL(String(enabled.body.totpURI)).searchParams.get('secret') ?? '';
  const code = () => createOTP(Buffer.from(fromBase32(secret)).toString()).totp();
  expect((await browser.post('/api/auth/two-factor/verify-totp', { code: await code() })).status).toBe(200);
  const { rows } = await database.query<{ secret: string; backup_codes: string }>(
    'SELECT t.secret, t.backup_codes FROM two_factor t JOIN "user" u ON u.id = t.user_id WHERE u.email = $1',
    [email],
  );
  const backupCodes = enabled.body.backupCodes as string[];
  expect(rows[0]?.secret).not.toContain(secret);
  expect(rows[0]?.backup_codes).not.toContain(backupCodes[0]);

  const half = new Browser(api);
  expect((await signInWith(half, email)).body).toMatchObject({ twoFactorRedirect: true });
  expect((await half.get('/api/auth/get-session')).body).toBeNull();
  expect((await half.get('/api/v1/me')).status).toBe(401);
  expect(await half.post('/api/auth/two-factor/verify-totp', { code: '000000' })).toMatchObject({
    status: 401,
    body: { code: 'second-factor-failed' },
  });
  expect((await half.post('/api/auth/two-factor/verify-totp', { code: await code() })).status).toBe(200);
  expect((await half.get('/api/auth/get-session')).body).toMatchObject({ user: { email } });

  for (const [attempt, status] of [
    [backupCodes[0], 200],
    [backupCodes[0], 401],
    [backupCodes[1], 200],
  ] as const) {
    const another = new Browser(api);
    await signInWith(another, email);
    expect((await another.post('/api/auth/two-factor/verify-backup-code', { code: attempt })).status).toBe(status);
  }
  expect((await browser.post('/api/auth/two-factor/disable', { password: PASSWORD })).status).toBe(200);
  expect((await signInWith(new Browser(api), email)).body).toMatchObject({ user: { email } });
});

test('a person sees their sessions and ends one or all others', async () => {
  const { email, browser } = await newPerson(api);
  const [phone, library] = [new Browser(api), new Browser(api)];
  await signInWith(phone, email);
  await signInWith(library, email);
  const sessions = (await browser.get('/api/auth/list-sessions')).body as unknown as {
    token: string;
    ipAddress: string;
  }[];
  expect(sessions.map(({ ipAddress }) => ipAddress).sort()).toEqual(
    [browser, phone, library].map(({ address }) => address).sort(),
  );
  const token = sessions.find(({ ipAddress }) => ipAddress === phone.address)?.token;
  await browser.post('/api/auth/revoke-session', { token });
  expect((await phone.get('/api/auth/get-session')).body).toBeNull();
  expect((await library.get('/api/auth/get-session')).body).not.toBeNull();
  await browser.post('/api/auth/revoke-other-sessions');
  expect((await library.get('/api/auth/get-session')).body).toBeNull();
  expect((await browser.get('/api/auth/get-session')).body).not.toBeNull();
});

test('a session that is renewed sends its cookie again, on any endpoint', async () => {
  const { userId, browser } = await newPerson(api);
  expect((await browser.get('/api/v1/me')).headers.getSetCookie()).toEqual([]);
  await database.query(
    `UPDATE session SET expires_at = now() + interval '3 days', updated_at = now() - interval '4 days' WHERE user_id = $1`,
    [userId],
  );
  const [renewed] = (await browser.get('/api/v1/me')).headers.getSetCookie();
  expect(renewed).toMatch(/^leasehold\.session_token=.*Max-Age=604800.*HttpOnly; SameSite=Lax$/);
  const { rows } = await database.query('SELECT expires_at FROM session WHERE user_id = $1', [userId]);
  expect(rows[0].expires_at.getTime()).toBeGreaterThan(Date.now() + 6.9 * 86_400_000);
});

test('of better-auth only the open endpoints answer, also with a session; the rest is 404', async () => {
  const { browser } = await newPerson(api);
  for (const [method, path] of [
    ['POST', '/organization/create'],
    ['GET', '/organization/list'],
    ['POST', '/organization/invite-member'],
    ['POST', '/organization/accept-invitation'],
    ['POST', '/api-key/create'],
    ['POST', '/api-key/verify'],
    ['GET', '/api-key/list'],
    ['POST', '/change-email'],
    ['POST', '/delete-user'],
    ['POST', '/link-social'],
    ['GET', '/list-accounts'],
    ['POST', '/sign-in/social'],
    ['GET', '/callback/github'],
    ['POST', '/two-factor/send-otp'],
    ['GET', '/reset-password/some-token'],
    ['GET', '/ok'],
    ['GET', '/error'],
    ['GET', '/sign-up/email'],
    ['GET', '/nothing-here'],
  ] as const) {
    const answer = await browser.send(method, `/api/auth${path}`, method === 'POST' ? {} : undefined);
    expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'not-found']);
  }
});

test('sign-in at another service is there when its settings are, and leads there', async () => {
  const offering = createTestApi({
    env: { LEASEHOLD_GITHUB_CLIENT_ID: 'the-client', LEASEHOLD_GITHUB_CLIENT_SECRET: 'the-secret' },
  });
  const answer = await new Browser(offering).post('/api/auth/sign-in/social', { provider: 'github' });
  expect(answer.status).toBe(200);
  const url = new URL(String(answer.body.url));
  expect(url.host).toBe('github.com');
  expect(url.searchParams.get('redirect_uri')).toBe('http://127.0.0.1:4310/api/auth/callback/github');
  const forged = await new Browser(offering).get('/api/auth/callback/github?code=x&state=forged');
  expect(forged.status).toBe(302);
  expect(forged.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:4310\/sign-in\?error=/);
  await offering.close();
});

test('any provider of OpenID Connect is found by its issuer', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const offering = createTestApi({
    env: {
      LEASEHOLD_OIDC_ISSUER: issuer,
      LEASEHOLD_OIDC_CLIENT_ID: 'the-client',
      LEASEHOLD_OIDC_CLIENT_SECRET: 'the-secret',
    },
  });
  const answer = await new Browser(offering).post('/api/auth/sign-in/social', { provider: 'oidc' });
  expect(answer.status).toBe(200);
  const url = new URL(String(answer.body.url));
  expect(`${url.origin}${url.pathname}`).toBe(`${issuer}/authorize`);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    redirect_uri: 'http://127.0.0.1:4310/api/auth/callback/oidc',
    code_challenge_method: 'S256',
  });
  await offering.close();
  server.close();
});

test('what follows on a verified address is called then and at each sign-in; its failure keeps nobody out', async () => {
  const prisma = createPrisma(platformEnv().DATABASE_URL ?? '', { maxConnections: 2 });
  const called: string[] = [];
  const mails: Mail[] = [];
  const auth = createAuth({
    prisma,
    log: createLogger('test', 'silent'),
    webOrigin: 'http://127.0.0.1:4310',
    secret: 'a secret of the tests, long enough for it',
    posts: {
      post: (mail) => void mails.push(mail),
      postCounted: (mail) => void mails.push(mail),
      count: async () => undefined,
      settled: async () => undefined,
    },
    providers: {},
    async onVerified({ email }) {
      called.push(email);
      throw new Error('Temporal is down.');
    },
  });
  const email = `late-${randomUUID()}@leasehold.test`;
  await auth.api.signUpEmail({ body: { name: 'Late', email, password: PASSWORD } });
  expect(called).toEqual([]);
  const token = new URL(mails[0]?.text.action?.url ?? '').searchParams.get('token') ?? '';
  await auth.api.verifyEmail({ body: { token, password: PASSWORD } });
  expect(called).toContain(email);
  called.length = 0;
  await auth.api.signInEmail({ body: { email, password: PASSWORD } });
  expect(called).toEqual([email]);
  await prisma.$disconnect();
});

/** Bytes of RFC 4648 base32, as `otpauth:` links carry them. */
function fromBase32(text: string): number[] {
  const bits = [...text.replace(/=+$/, '')]
    .map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'))
    .join('');
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}
