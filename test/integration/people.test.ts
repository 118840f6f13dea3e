import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AccountAnswer } from '#api/answers.ts';
import { type Api, createApi } from '#api/create-api.ts';
import { WEB_ORIGIN } from '#api/integration.fixture.ts';
import { Browser, mailTo, newPerson, PASSWORD, type Person } from '#api/people.fixture.ts';
import { readApiSettings } from '#api/settings.ts';
import { createPrisma } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { lane, platformEnv } from '#test/lane.ts';

const env = platformEnv();
const lines: string[] = [];
const secrets = new Set<string>();
let api: Api;
let ada: Person;
let bob: Person;
let accountId: string;
let organisation: { organisationId: string; accountId: string };

beforeAll(async () => {
  const settings = readApiSettings({ ...env, LEASEHOLD_WEB_ORIGIN: WEB_ORIGIN });
  api = createApi(settings, env, createLogger('api', 'trace', { write: (line) => lines.push(line) }));
  [ada, bob] = await Promise.all([newPerson(api, 'Ada'), newPerson(api, 'Bob')]);
});

afterAll(async () => {
  for (const person of [ada, bob].filter((each) => each !== undefined)) {
    for (const { accountId: each } of await accountsOf(person))
      await person.browser.send('DELETE', `/api/v1/accounts/${each}`);
  }
  await api?.close();
});

async function accountsOf({ browser }: Person) {
  const { body } = await browser.get('/api/v1/me');
  return body.accounts as { accountId: string; audience: string; role: string; name: string }[];
}

function eventually<T>(expectation: () => Promise<T>): Promise<T> {
  return vi.waitFor(expectation, { timeout: 60_000, interval: 200 });
}

async function entriesOf({ browser }: Person, of: string) {
  const { body } = await browser.get(`/api/v1/accounts/${of}/audit?limit=200`);
  return body.entries as { action: string; outcome: string; actor: { kind: string; id: string }; target: string }[];
}

function withKey(method: string, path: string, key: string) {
  return api.app.request(path, { method, headers: { authorization: `Bearer ${key}` } });
}

test('who has signed up and opened the mail has an account, and a workspace that runs', async () => {
  await eventually(async () => expect(await accountsOf(ada)).toMatchObject([{ audience: 'personal', role: 'owner' }]));
  accountId = `u-${ada.userId}`;
  await eventually(async () => {
    const { body } = await ada.browser.get(`/api/v1/accounts/${accountId}`);
    const account = body as unknown as AccountAnswer;
    expect(account).toMatchObject({ accountId, standing: 'free', plan: { id: 'hobby' } });
    expect(account.workspaces).toMatchObject([{ name: 'main', status: 'running' }]);
  });
});

test('the same over the API with a key: it stops and starts the workspace, and the audit log names the key', async () => {
  const made = await ada.browser.post(`/api/v1/accounts/${accountId}/keys`, {
    name: 'nightly',
    scopes: ['read', 'workspaces'],
    expiresInDays: 30,
  });
  expect(made.status).toBe(201);
  const { key, keyId } = made.body as { key: string; keyId: string };
  secrets.add(key);
  const me = (await (await withKey('GET', '/api/v1/me', key)).json()) as Record<string, unknown>;
  expect(me).toMatchObject({ user: null, key: { id: keyId, name: 'nightly', scopes: ['read', 'workspaces'] } });
  const workspace = `/api/v1/workspaces/${accountId}-main`;
  expect((await withKey('POST', `${workspace}/stop`, key)).status).toBe(202);
  await eventually(async () =>
    expect(await (await withKey('GET', workspace, key)).json()).toMatchObject({ status: 'stopped' }),
  );
  expect((await withKey('POST', `${workspace}/start`, key)).status).toBe(202);
  await eventually(async () =>
    expect(await (await withKey('GET', workspace, key)).json()).toMatchObject({ status: 'running' }),
  );
  expect((await withKey('GET', `/api/v1/accounts/${accountId}/export`, key)).status).toBe(403);
  const actor = { kind: 'key', id: keyId, name: 'nightly' };
  expect(await entriesOf(ada, accountId)).toMatchObject([
    { action: 'account.export', outcome: 'refused', actor, details: { code: 'person-needed' } },
    { action: 'workspace.start', outcome: 'done', actor, target: `${accountId}-main` },
    { action: 'workspace.stop', outcome: 'done', actor },
    { action: 'key.create', outcome: 'done', actor: { kind: 'person', id: ada.userId }, target: keyId },
    { action: 'email.verify', outcome: 'done' },
  ]);
});

test('an organisation opens with its account; an invited person joins in the role they were invited in', async () => {
  const made = await ada.browser.post('/api/v1/organisations', { name: 'Analytical Engines' });
  expect(made.status).toBe(201);
  organisation = made.body as typeof organisation;
  await eventually(async () =>
    expect(await accountsOf(ada)).toMatchObject([
      { audience: 'personal' },
      { accountId: organisation.accountId, name: 'Analytical Engines', role: 'owner' },
    ]),
  );
  const path = `/api/v1/accounts/${organisation.accountId}`;
  expect((await bob.browser.get(path)).status).toBe(404);
  const invited = await ada.browser.post(`${path}/invitations`, { email: bob.email.toUpperCase(), role: 'admin' });
  expect(invited.status).toBe(201);
  await mailTo(bob.email, 'invitation');
  const { body } = await bob.browser.get('/api/v1/me');
  expect(body.invitations).toMatchObject([
    { id: invited.body.id, organisationName: 'Analytical Engines', role: 'admin' },
  ]);
  expect(await bob.browser.post(`/api/v1/invitations/${invited.body.id}/accept`)).toMatchObject({
    status: 200,
    body: { accountId: organisation.accountId, role: 'admin' },
  });
  expect((await bob.browser.get(path)).status).toBe(200);
  expect((await bob.browser.post(`/api/v1/invitations/${invited.body.id}/accept`)).body.code).toBe('invitation-closed');
});

test("an organisation whose account is missing, after a crash in between, gets it at a member's next look", async () => {
  const prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 1 });
  try {
    const id = randomUUID();
    const owner = { create: { id: randomUUID(), userId: bob.userId, role: 'owner' } };
    await prisma.organisation.create({ data: { id, name: 'Half Made', slug: id, members: owner } });
    const { body } = await bob.browser.get('/api/v1/me');
    expect(body.accounts).toContainEqual(
      expect.objectContaining({ accountId: `o-${id}`, name: 'Half Made', role: 'owner' }),
    );
  } finally {
    await prisma.$disconnect();
  }
});

test('an admin makes no owner, unmakes none, and makes no key that may more than they do', async () => {
  const path = `/api/v1/accounts/${organisation.accountId}`;
  const order = (scopes: string[]) => ({ name: 'k', scopes, expiresInDays: null });
  for (const [method, below, body] of [
    ['PATCH', `/members/${bob.userId}`, { role: 'owner' }],
    ['PATCH', `/members/${ada.userId}`, { role: 'member' }],
    ['DELETE', `/members/${ada.userId}`, undefined],
    ['POST', '/invitations', { email: 'eve@leasehold.test', role: 'owner' }],
    ['POST', '/keys', order(['read', 'billing'])],
  ] as const) {
    expect(await bob.browser.send(method, `${path}${below}`, body)).toMatchObject({
      status: 403,
      body: { code: 'role-missing', needs: expect.arrayContaining(['owner']) },
    });
  }
  const made = await bob.browser.post(`${path}/keys`, order(['read', 'workspaces']));
  expect(made.status).toBe(201);
  secrets.add(String(made.body.key));
});

test('the last owner can not leave, nor close their own account; a transfer swaps the roles', async () => {
  const path = `/api/v1/accounts/${organisation.accountId}`;
  expect(await ada.browser.post(`${path}/leave`)).toMatchObject({ status: 409, body: { code: 'last-owner' } });
  expect(await ada.browser.send('DELETE', `/api/v1/accounts/${accountId}`, { reason: 'Too loud.' })).toMatchObject({
    status: 409,
    body: {
      code: 'owns-organisations',
      organisations: [{ name: 'Analytical Engines', accountId: organisation.accountId }],
    },
  });
  expect((await ada.browser.post(`${path}/transfer`, { userId: bob.userId })).status).toBe(204);
  const { body } = await bob.browser.get(`${path}/members`);
  expect(body.members).toMatchObject([
    { userId: ada.userId, role: 'admin' },
    { userId: bob.userId, role: 'owner' },
  ]);
  expect((await ada.browser.post(`${path}/leave`)).status).toBe(204);
  expect((await ada.browser.get(path)).status).toBe(404);
  expect(await entriesOf(bob, organisation.accountId)).toMatchObject([
    { action: 'member.leave', outcome: 'done', actor: { id: ada.userId } },
    { action: 'organisation.transfer', outcome: 'done', target: bob.userId },
    { action: 'member.leave', outcome: 'refused', details: { code: 'last-owner' } },
    ...[
      { action: 'key.create', outcome: 'done' },
      { action: 'key.create', outcome: 'refused' },
    ],
    ...[{ action: 'invitation.create' }, { action: 'member.remove' }, { action: 'member.change-role' }],
    ...[{ action: 'member.change-role', outcome: 'refused', details: { to: 'owner', code: 'role-missing' } }],
    { action: 'invitation.accept', outcome: 'refused' },
    { action: 'invitation.accept', outcome: 'done', actor: { id: bob.userId } },
    { action: 'invitation.create', outcome: 'done', actor: { id: ada.userId } },
  ]);
});

test('the audit log comes in pages', async () => {
  const path = `/api/v1/accounts/${organisation.accountId}/audit`;
  const all = await entriesOf(bob, organisation.accountId);
  const seen: unknown[] = [];
  let next: unknown = null;
  do {
    const page = await bob.browser.get(`${path}?limit=5${next ? `&before=${next}` : ''}`);
    expect((page.body.entries as unknown[]).length).toBeLessThanOrEqual(5);
    seen.push(...(page.body.entries as unknown[]));
    next = page.body.next;
  } while (next !== null);
  expect(seen).toEqual(all);
});

test('an owner closes their account with a reason, and keeps it after all; meanwhile they can not own more', async () => {
  const path = `/api/v1/accounts/${accountId}`;
  expect((await ada.browser.send('DELETE', path, { reason: 'Too loud.' })).status).toBe(202);
  await eventually(async () =>
    expect((await ada.browser.get('/api/v1/me')).body.accounts).toMatchObject([
      { closing: { stage: 'retained' }, isHeld: true },
    ]),
  );
  expect(await ada.browser.post('/api/v1/organisations', { name: 'More' })).toMatchObject({
    status: 409,
    body: { code: 'account-closing' },
  });
  expect(await ada.browser.post(`/api/v1/workspaces/${accountId}-main/start`)).toMatchObject({
    status: 402,
    body: { code: 'account-suspended', holds: ['closing'] },
  });
  expect((await ada.browser.post(`${path}/keep`)).status).toBe(202);
  await eventually(async () =>
    expect((await ada.browser.get('/api/v1/me')).body.accounts).toMatchObject([{ closing: null, isHeld: false }]),
  );
  const [kept, , , closed] = await entriesOf(ada, accountId);
  expect(kept).toMatchObject({ action: 'account.keep', outcome: 'done' });
  expect(closed).toMatchObject({ action: 'account.close', outcome: 'done', reason: 'Too loud.' });
});

test('the export holds what we know of the person and the account, and nothing that opens anything', async () => {
  const answer = await ada.browser.get(`/api/v1/accounts/${accountId}/export`);
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="leasehold-u-.*\.json"$/);
  expect(answer.body).toMatchObject({
    account: { accountId },
    profile: { email: ada.email, name: 'Ada' },
    sessions: [{ id: expect.any(String) }],
    keys: [{ name: 'nightly', state: 'active' }],
    workspaces: [{ id: `${accountId}-main` }],
    waysToSignIn: [{ providerId: 'credential' }],
    memberships: [],
    stripeEvents: [],
  });
  expect(answer.body.timeline).not.toHaveLength(0);
  expect(answer.body.audit).not.toHaveLength(0);
  expect(hidden().filter((secret) => JSON.stringify(answer.body).includes(secret))).toEqual([]);
  const ofOrganisation = await bob.browser.get(`/api/v1/accounts/${organisation.accountId}/export`);
  expect(ofOrganisation.body).toMatchObject({
    organisation: { name: 'Analytical Engines' },
    members: [{ userId: bob.userId, role: 'owner' }],
    invitations: [{ email: bob.email, status: 'accepted' }],
  });
});

test('wrong passwords, a second factor and ended sessions are in the log of the person', async () => {
  const other = new Browser(api);
  await other.post('/api/auth/sign-in/email', { email: ada.email, password: 'a wrong password' });
  expect((await other.post('/api/auth/sign-in/email', { email: ada.email, password: PASSWORD })).status).toBe(200);
  await other.post('/api/auth/change-password', {
    currentPassword: 'a wrong password',
    newPassword: 'a good new password',
  });
  await ada.browser.post('/api/auth/revoke-other-sessions');
  expect((await entriesOf(ada, accountId)).slice(0, 4)).toMatchObject([
    { action: 'session.revoke', outcome: 'done' },
    { action: 'password.change', outcome: 'refused', details: { code: 'password-wrong' } },
    { action: 'sign-in', outcome: 'done' },
    { action: 'sign-in', outcome: 'refused', details: { code: 'sign-in-failed' } },
  ]);
});

test('no log of any process holds a secret, a password, a token, a key, a cookie or a mail address', async () => {
  for (const headers of [{ authorization: `Bearer ${[...secrets][0]}x` }, { cookie: ada.browser.cookie }] as Record<
    string,
    string
  >[]) {
    await api.app.request('/api/v1/me', { headers });
    const broken = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: `{"password": "${PASSWORD}`,
    };
    await api.app.request('/api/auth/sign-in/email', broken);
    await api.app.request('/api/v1/organisations', broken);
  }
  for (const cookie of [...ada.browser.cookies.values(), ...bob.browser.cookies.values()]) secrets.add(cookie);
  const folder = join(lane().stateDir, 'logs');
  const logs = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
  expect(lines.length).toBeGreaterThan(0);
  expect(logs.map(([name]) => name)).toEqual(expect.arrayContaining(['api.log', 'worker.log']));
  const found = [...logs, ['api in this process', lines.join('')] as const].flatMap(([name, text]) =>
    [...hidden(), ada.email, bob.email]
      .filter((secret) => text.includes(secret))
      .map((secret) => `${name}: ${text.slice(Math.max(0, text.indexOf(secret) - 120), text.indexOf(secret) + 20)}`),
  );
  expect(found).toEqual([]);
});

/** All that must never be written anywhere but where it belongs. */
function hidden(): string[] {
  const { password } = new URL(env.DATABASE_URL ?? '');
  const settings = ['BETTER_AUTH_SECRET', 'LEASEHOLD_INTERNAL_TOKEN', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET'];
  return [PASSWORD, 'a wrong password', password, ...settings.map((name) => env[name] ?? ''), ...secrets].filter(
    Boolean,
  );
}
