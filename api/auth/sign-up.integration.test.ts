import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaughtMail } from '#stories/mailbox.ts';
import type { Api } from '../create-api.ts';
import { createTestApi, ensureDatabase, eventually, openDatabase } from '../integration.fixture.ts';
import { Browser, mailsOf, mailsTo, mailTo, newPerson, PASSWORD, type Person, tokenIn } from '../people.fixture.ts';

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

/** Signed in; for tests that change nothing of who they are. */
let anybody: Promise<Person> | undefined;
const someone = () => {
  anybody ??= newPerson(api);
  return anybody;
};

const signUp = (email: string, more: Record<string, unknown> = {}) =>
  new Browser(api).post('/api/auth/sign-up/email', { name: 'New', email, password: PASSWORD, ...more });

const confirm = (browser: Browser, mail: CaughtMail, password = PASSWORD) =>
  browser.post('/api/auth/verify-email', { token: tokenIn(mail), password });

const newEmail = (name: string) => `${name}-${randomUUID()}@leasehold.test`;

test('sign-up sends a mail; before its link is confirmed nobody signs in, with it and the password the browser is signed in', async () => {
  const email = newEmail('new');
  const browser = new Browser(api);
  expect((await signUp(email.toUpperCase(), { name: ' New\u0065\u0301 ' })).status).toBe(200);
  expect(browser.cookies.size).toBe(0);
  expect(await signInWith(browser, email)).toMatchObject({ status: 403, body: { code: 'email-not-verified' } });
  expect((await browser.get('/api/auth/get-session')).body).toBeNull();

  const mail = await mailTo(email, 'verify-email');
  expect(mail.text).toContain('http://127.0.0.1:4310/verify-email?token=');
  expect(mail.html).toContain('http://127.0.0.1:4310/verify-email?token=');
  const token = tokenIn(mail);
  expect(await confirm(browser, mail, 'not the password')).toMatchObject({
    status: 400,
    body: { code: 'password-wrong' },
  });
  expect((await browser.get('/api/auth/get-session')).body).toBeNull();
  expect((await confirm(browser, mail)).status).toBe(200);
  const { body } = await browser.get('/api/auth/get-session');
  expect(body).toMatchObject({ user: { email, name: 'Newé', emailVerified: true } });

  const another = new Browser(api);
  for (const link of [token, `${token}x`]) {
    const answer = await another.post('/api/auth/verify-email', { token: link, password: PASSWORD });
    expect(answer).toMatchObject({ status: 400, body: { code: 'token-invalid' } });
  }
  expect((await another.get('/api/auth/get-session')).body).toBeNull();
});

test('a link that is used six times at once signs in once', async () => {
  const email = newEmail('six');
  await signUp(email);
  const mail = await mailTo(email, 'verify-email');
  const answers = await Promise.all(Array.from({ length: 6 }, () => confirm(new Browser(api), mail)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400]);
  const { rows } = await database.query(
    'SELECT 1 FROM session s JOIN "user" u ON u.id = s.user_id WHERE u.email = $1',
    [email],
  );
  expect(rows).toHaveLength(1);
});

describe('whoever confirms an address decides its password: a stranger who signed up with it before', () => {
  const THEIRS = 'the password of a stranger';

  test('gets in with nothing, whichever of the links the owner opens; the owner is called as they said', async () => {
    for (const opened of [0, 1]) {
      const email = newEmail('owner');
      await signUp(email, { name: 'Stranger', password: THEIRS });
      await mailTo(email, 'verify-email');
      await signUp(email, { name: 'Owner' });
      const mails = await eventually(async () => {
        const both = await mailsTo(email, 'verify-email');
        expect(both).toHaveLength(2);
        return both;
      });
      const owner = new Browser(api);
      expect((await confirm(owner, mails[opened] as CaughtMail)).status).toBe(200);
      expect((await owner.get('/api/auth/get-session')).body).toMatchObject({ user: { email, name: 'Owner' } });
      expect((await signInWith(new Browser(api), email)).status).toBe(200);
      expect((await signInWith(new Browser(api), email, THEIRS)).status).toBe(401);
      // The other link is void.
      expect((await confirm(new Browser(api), mails[1 - opened] as CaughtMail, THEIRS)).status).toBe(400);
    }
  });

  test('gets in with nothing when the owner, who never signed up, opens the link: they sign up and are let in', async () => {
    const email = newEmail('surprised');
    await signUp(email, { name: 'Stranger', password: THEIRS });
    const mail = await mailTo(email, 'verify-email');
    expect(mail.text).toContain('If it was not you');
    const owner = new Browser(api);
    expect(await confirm(owner, mail)).toMatchObject({ status: 400, body: { code: 'password-wrong' } });
    expect(await signInWith(new Browser(api), email, THEIRS)).toMatchObject({
      status: 403,
      body: { code: 'email-not-verified' },
    });
    await signUp(email, { name: 'Owner' });
    expect((await confirm(owner, mail)).status).toBe(200);
    expect((await signInWith(new Browser(api), email, THEIRS)).status).toBe(401);
  });

  test('gets in with nothing that a user whose address another service did not confirm had: session, second factor, key', async () => {
    const email = newEmail('other-service');
    const id = randomUUID();
    await database.query(`INSERT INTO "user" (id, name, email, two_factor_enabled) VALUES ($1, 'Stranger', $2, true)`, [
      id,
      email,
    ]);
    await database.query(
      `INSERT INTO session (id, token, user_id, expires_at) VALUES ($1, $1, $1, now() + interval '1 day')`,
      [id],
    );
    await database.query(
      `INSERT INTO credential (id, provider_account_id, provider_id, user_id) VALUES ($1, $1, 'github', $1)`,
      [id],
    );
    await database.query(`INSERT INTO two_factor (id, user_id, secret, backup_codes) VALUES ($1, $1, 'x', 'x')`, [id]);
    await signUp(email, { name: 'Owner' });
    expect((await confirm(new Browser(api), await mailTo(email, 'verify-email'))).status).toBe(200);
    expect((await signInWith(new Browser(api), email)).body).toMatchObject({ user: { id, name: 'Owner' } });
    const { rows } = await database.query(
      `SELECT 1 FROM session WHERE token = $1 UNION ALL SELECT 1 FROM credential WHERE provider_id = 'github' AND user_id = $1
       UNION ALL SELECT 1 FROM two_factor WHERE user_id = $1`,
      [id],
    );
    expect(rows).toEqual([]);
  });
});

test.each([
  ['of 200,000 characters', 'a'.repeat(200_000), '80 characters'],
  ['empty', '', 'empty'],
  ['with line breaks', 'Ada\r\nBcc: all@leasehold.test', 'one line'],
  ['with a link', 'Ada, see http://evil.test', 'link'],
  ['with a NUL', 'A\u0000da', 'NUL'],
  ['that is no text', { first: 'Ada' }, 'must be a text'],
])('a name %s is 400 when signing up and when changing the profile, and it is said why', async (_, name, why) => {
  const { browser } = await someone();
  const answers = [await signUp(newEmail('named'), { name }), await browser.post('/api/auth/update-user', { name })];
  for (const { status, body } of answers) {
    expect([status, body.code]).toEqual([400, 'request-invalid']);
    expect(body.detail).toContain(why);
  }
});

test('a name is stored as it is normalised', async () => {
  const { browser } = await someone();
  expect((await browser.post('/api/auth/update-user', { name: ' Zoe\u0308 ' })).status).toBe(200);
  expect((await browser.get('/api/auth/get-session')).body).toMatchObject({ user: { name: 'Zoë' } });
});

test('a second sign-up with the same address is answered like the first; only the mailbox learns of it', async () => {
  const { email } = await newPerson(api);
  const stranger = new Browser(api);
  const known = await stranger.post('/api/auth/sign-up/email', { name: 'X', email, password: 'another long password' });
  const unknown = await stranger.post('/api/auth/sign-up/email', {
    name: 'X',
    email: `x-${randomUUID()}@leasehold.test`,
    password: 'another long password',
  });
  expect([known.status, known.body]).toEqual([200, unknown.body]);
  await mailTo(email, 'signed-up-already');
  expect((await signInWith(new Browser(api), email)).status).toBe(200);
  expect((await signInWith(new Browser(api), email, 'another long password')).status).toBe(401);
});

describe('five mails in ten minutes go to one address, from two API processes and many addresses, whatever they are for', () => {
  let second: Api;
  beforeAll(() => {
    second = createTestApi();
  });
  afterAll(() => second.close());
  const somewhere = (turn: number) => new Browser(turn % 2 === 0 ? api : second);
  /** All mails to an address, once none is on its way. */
  const mailsIn = async (email: string) => {
    await Promise.all([api.mailsSettled(), second.mailsSettled()]);
    return mailsOf(email);
  };

  test('25 sign-ups of a known address', async () => {
    const { email } = await newPerson(api);
    const signUps = Array.from({ length: 25 }, (_, turn) =>
      somewhere(turn).post('/api/auth/sign-up/email', { name: 'X', email, password: PASSWORD }),
    );
    for (const { status } of await Promise.all(signUps)) expect(status).toBe(200);
    expect(await mailsIn(email)).toHaveLength(5);
  });

  test('25 sign-ups of an unknown one, and 12 sign-ins before it is confirmed', async () => {
    const email = newEmail('often');
    for (let turn = 0; turn < 4; turn += 1)
      await somewhere(turn).post('/api/auth/sign-up/email', { name: 'X', email, password: PASSWORD });
    const statuses = [];
    for (let turn = 0; turn < 12; turn += 1) statuses.push((await signInWith(somewhere(turn), email)).status);
    expect(new Set(statuses)).toEqual(new Set([403, 429]));
    expect(await mailsIn(email)).toHaveLength(5);
    await somewhere(0).post('/api/auth/send-verification-email', { email });
    expect(await mailsIn(email)).toHaveLength(5);
    // What was sent is good for whatever was signed up with later.
    await signUp(email, { name: 'Last', password: 'the last long password' });
    const browser = new Browser(api);
    const [first] = await mailsTo(email, 'verify-email');
    expect((await confirm(browser, first as CaughtMail, 'the last long password')).status).toBe(200);
  });

  test('resets: answered alike for a known and an unknown address, then 429', async () => {
    const { email } = await newPerson(api);
    for (const address of [email, newEmail('nobody')]) {
      const statuses = [];
      for (let turn = 0; turn < 6; turn += 1) {
        const answer = await somewhere(turn).post('/api/auth/request-password-reset', { email: address });
        statuses.push(answer.status);
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    }
    // The confirmation was one of the five.
    expect(await mailsIn(email)).toHaveLength(5);
  });
});
