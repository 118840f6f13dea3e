import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMailer } from '#mail/mailer.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { createLogger } from '#telemetry/logger.ts';
import { createAuth } from '../auth/auth.ts';
import { createFindPrincipal, type FindPrincipal } from '../auth/find-principal.ts';
import { createPostOffice, MAILS_TO_AN_ADDRESS } from '../auth/post-office.ts';
import type { Api } from '../create-api.ts';
import { createTestApi, ensureDatabase, platformEnv, WEB_ORIGIN } from '../integration.fixture.ts';
import { mailsOf, mailTo, newPerson, type Person } from '../people.fixture.ts';
import { createRateLimits } from '../rate-limits.ts';
import {
  acceptInvitation,
  cancelInvitation,
  declineInvitation,
  invite,
  listInvitations,
  listInvitationsFor,
} from './invitations.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { listMembers, removeMember, roleOf, setMemberRole, transferOwnership } from './members.ts';
import { createOrganisation, listOrganisations } from './organisations.ts';
import type { PeopleDeps } from './people-deps.ts';

let api: Api;
let prisma: PrismaClient;
let people: PeopleDeps;
let findPrincipal: FindPrincipal;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  await ensureDatabase();
  api = createTestApi();
  const env = platformEnv();
  const log = createLogger('test', 'silent');
  prisma = createPrisma(env.DATABASE_URL ?? '', { maxConnections: 6 });
  const mailer = createMailer({ smtpUrl: env.SMTP_URL ?? '', from: 'Leasehold <billing@leasehold.test>' });
  const limits = createRateLimits(prisma);
  const posts = createPostOffice({ mailer, log, limits });
  const auth = createAuth({
    prisma,
    log,
    webOrigin: WEB_ORIGIN,
    secret: 'a secret of the tests, long enough for it',
    posts,
    providers: {},
    onVerified: async () => undefined,
  });
  people = {
    ...{ prisma, auth, posts, limits, webOrigin: WEB_ORIGIN },
    freeAccounts: { perPerson: 1_000, planIds: ['free'] },
    openAccountOf: async () => undefined,
  };
  findPrincipal = createFindPrincipal({ auth, prisma, limits });
  ada = await newPerson(api, 'Ada');
  bob = await newPerson(api, 'Bob');
});

// Bob is invited more often than five times in ten minutes.
beforeEach(() => people.limits.forget(MAILS_TO_AN_ADDRESS, bob.email));

afterAll(async () => {
  await people.posts.settled();
  await api.close();
  await prisma.$disconnect();
});

/** An organisation of Ada's with Bob in it. */
async function organisation(bobIs: 'owner' | 'admin' | 'billing' | 'member' = 'member'): Promise<string> {
  const { id } = await createOrganisation(people, { name: 'Acme & Söhne', ownerUserId: ada.userId });
  await prisma.member.create({
    data: { id: randomUUID(), organisationId: id, userId: bob.userId, role: bobIs },
  });
  return id;
}

const refused = (status: number, code: string) => expect.objectContaining({ status, code });

test('whoever makes an organisation owns it', async () => {
  const { id } = await createOrganisation(people, { name: 'Acme', ownerUserId: ada.userId });
  expect(await listMembers(people, id)).toEqual([
    { userId: ada.userId, name: 'Ada', email: ada.email, role: 'owner', since: expect.any(String) },
  ]);
  expect(await listOrganisations(people, ada.userId)).toContainEqual(
    expect.objectContaining({ id, name: 'Acme', role: 'owner' }),
  );
  await expect(createOrganisation(people, { name: 'Acme', ownerUserId: 'nobody' })).rejects.toEqual(
    refused(404, 'person-not-found'),
  );
});

test('the last owner can be neither demoted nor removed, also when two owners leave at once', async () => {
  const organisationId = await organisation('owner');
  const leave = (userId: string) => removeMember(people, { organisationId, userId });
  const outcomes = await Promise.allSettled([leave(ada.userId), leave(bob.userId)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [left] = await listMembers(people, organisationId);
  const last = { organisationId, userId: left?.userId ?? '' };
  await expect(removeMember(people, last)).rejects.toEqual(refused(409, 'last-owner'));
  await expect(setMemberRole(people, { ...last, role: 'admin' })).rejects.toEqual(refused(409, 'last-owner'));
  expect(await roleOf(people, last)).toBe('owner');
});

test('ownership goes over whole: the other becomes owner, the giver admin', async () => {
  const organisationId = await organisation();
  const give = { organisationId, fromUserId: ada.userId, toUserId: bob.userId };
  await expect(transferOwnership(people, { ...give, toUserId: 'nobody' })).rejects.toEqual(
    refused(404, 'member-not-found'),
  );
  await transferOwnership(people, give);
  expect((await listMembers(people, organisationId)).map(({ userId, role }) => [userId, role])).toEqual([
    [ada.userId, 'admin'],
    [bob.userId, 'owner'],
  ]);
  await expect(transferOwnership(people, give)).rejects.toEqual(refused(404, 'member-not-found'));
});

test('an invitation is mailed to an address and taken by whoever has shown that it is theirs, once', async () => {
  const { id: organisationId } = await createOrganisation(people, { name: 'Acme', ownerUserId: ada.userId });
  const eve = await newPerson(api, 'Eve');
  const order = { organisationId, email: bob.email.toUpperCase(), role: 'billing', inviterUserId: ada.userId } as const;
  const former = await invite(people, order);
  const { id: invitationId } = await invite(people, order);
  const mail = await mailTo(bob.email, 'invitation');
  expect(mail.text).toContain('Ada invites you to join Acme at Leasehold as a billing member');
  expect((await listInvitations(people, organisationId)).map(({ id }) => id)).toEqual([invitationId]);
  expect(await listInvitationsFor(people, bob.userId)).toContainEqual(
    expect.objectContaining({ id: invitationId, organisationName: 'Acme', invitedBy: 'Ada' }),
  );
  expect(await listInvitationsFor(people, eve.userId)).toEqual([]);

  await expect(acceptInvitation(people, { invitationId, userId: eve.userId })).rejects.toEqual(
    refused(403, 'invitation-for-another'),
  );
  await expect(acceptInvitation(people, { invitationId: former.id, userId: bob.userId })).rejects.toEqual(
    refused(409, 'invitation-closed'),
  );
  const accepted = await Promise.allSettled(
    [1, 2].map(() => acceptInvitation(people, { invitationId, userId: bob.userId })),
  );
  expect(accepted.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await roleOf(people, { organisationId, userId: bob.userId })).toBe('billing');
  await expect(invite(people, order)).rejects.toEqual(refused(409, 'member-already'));
});

test('an invitation that is over, was taken back or declined makes nobody a member', async () => {
  const { id: organisationId } = await createOrganisation(people, { name: 'Acme', ownerUserId: ada.userId });
  const order = { organisationId, email: bob.email, role: 'member', inviterUserId: ada.userId } as const;
  const closings: ((id: string) => Promise<unknown>)[] = [
    (id) => prisma.invitation.update({ where: { id }, data: { expiresAt: new Date(Date.now() - 1) } }),
    (id) => cancelInvitation(people, { organisationId, invitationId: id }),
    (id) => declineInvitation(people, { invitationId: id, userId: bob.userId }),
  ];
  for (const close of closings) {
    const { id: invitationId } = await invite(people, order);
    await close(invitationId);
    await expect(acceptInvitation(people, { invitationId, userId: bob.userId })).rejects.toEqual(
      refused(409, 'invitation-closed'),
    );
  }
  const { id: invitationId } = await invite(people, order);
  await expect(cancelInvitation(people, { organisationId: 'another', invitationId })).rejects.toEqual(
    refused(404, 'invitation-not-found'),
  );
  expect(await roleOf(people, { organisationId, userId: bob.userId })).toBeNull();
});

const withKey = (secret: string) => findPrincipal(new Headers({ authorization: `Bearer ${secret}` }));

test('a key tells whose it is and what it may; both headers work; only a hash is stored', async () => {
  const key = await createKey(people, {
    reference: { kind: 'user', id: ada.userId },
    name: 'CI',
    scopes: ['read', 'usage:write'],
    expiresAt: null,
    createdBy: ada.userId,
  });
  expect(key.secret).toMatch(/^lh_[A-Za-z]{48}$/);
  expect(key.secret.startsWith(key.start)).toBe(true);
  const principal = {
    kind: 'key',
    keyId: key.id,
    scopes: ['read', 'usage:write'],
    reference: { kind: 'user', id: ada.userId },
  };
  expect(await withKey(key.secret)).toEqual({ principal, setCookies: [] });
  expect((await findPrincipal(new Headers({ 'x-api-key': key.secret }))).principal).toEqual(principal);
  const row = await prisma.apiKey.findUniqueOrThrow({ where: { id: key.id } });
  expect(JSON.stringify(row)).not.toContain(key.secret.slice(10));
  expect(await listKeys(people, { kind: 'user', id: ada.userId })).toContainEqual(
    expect.objectContaining({ id: key.id, state: 'active', lastUsedAt: expect.any(String) }),
  );
});

test("an organisation's key is made by its owners and admins, and goes with it", async () => {
  const organisationId = await organisation('billing');
  const order = {
    reference: { kind: 'organisation', id: organisationId },
    name: 'Metering',
    scopes: ['usage:write'],
    expiresAt: null,
  } as const;
  await expect(createKey(people, { ...order, createdBy: bob.userId })).rejects.toEqual(refused(403, 'forbidden'));
  const key = await createKey(people, { ...order, createdBy: ada.userId });
  expect((await withKey(key.secret)).principal).toMatchObject({ reference: order.reference });
  await removeMember(people, { organisationId, userId: bob.userId });
  expect(await listKeys(people, order.reference)).toHaveLength(1);
  await prisma.organisation.delete({ where: { id: organisationId } });
  await expect(withKey(key.secret)).rejects.toEqual(refused(401, 'key-invalid'));
});

test('a wrong, an expired and a revoked key are refused with 401 and a reason, also over HTTP', async () => {
  const reference = { kind: 'user', id: bob.userId } as const;
  const make = (expiresAt: Date | null) =>
    createKey(people, { reference, name: 'k', scopes: ['read'], expiresAt, createdBy: bob.userId });
  const expired = await make(new Date(Date.now() + 60_000));
  await prisma.apiKey.update({ where: { id: expired.id }, data: { expiresAt: new Date(Date.now() - 1) } });
  const revoked = await make(null);
  await expect(revokeKey(people, { keyId: revoked.id, reference: { kind: 'user', id: ada.userId } })).rejects.toEqual(
    refused(404, 'key-not-found'),
  );
  await revokeKey(people, { keyId: revoked.id, reference });
  // Making a key must not take away what is known of expired ones.
  await make(null);
  for (const [secret, code] of [
    [expired.secret, 'key-expired'],
    [expired.secret, 'key-expired'],
    [revoked.secret, 'key-revoked'],
    [`${revoked.secret}x`, 'key-invalid'],
    ['lh_nonsense', 'key-invalid'],
    ['sk_live_something', 'key-invalid'],
    [`lh_${'x'.repeat(4_000)}`, 'key-invalid'],
  ] as const) {
    for (const [name, value] of [
      ['authorization', `Bearer ${secret}`],
      ['x-api-key', secret],
    ] as const) {
      const answer = await api.app.request('/api/v1/me', {
        headers: { [name]: value, cookie: bob.browser.cookie },
      });
      expect([secret.slice(0, 12), answer.status, (await answer.json()).code]).toEqual([
        secret.slice(0, 12),
        401,
        code,
      ]);
    }
  }
  expect((await listKeys(people, reference)).map(({ state }) => state).sort()).toEqual([
    'active',
    'expired',
    'revoked',
  ]);
});

test('a key that is used too often is told when to come back', async () => {
  const key = await createKey(people, {
    reference: { kind: 'user', id: ada.userId },
    name: 'busy',
    scopes: ['read'],
    expiresAt: null,
    createdBy: ada.userId,
  });
  const outcomes = await Promise.allSettled(Array.from({ length: 605 }, () => withKey(key.secret)));
  const rejected = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  expect(rejected).toHaveLength(5);
  for (const reason of rejected) {
    expect(reason).toMatchObject({ status: 429, code: 'rate-limited', retryAfterSeconds: expect.any(Number) });
  }
});

test('a key without a scope, with a time that is past or too far, or for somebody else is not made', async () => {
  const order = {
    reference: { kind: 'user', id: ada.userId },
    name: 'k',
    scopes: ['read'],
    expiresAt: null,
    createdBy: ada.userId,
  } as const;
  for (const wrong of [
    { scopes: [] },
    { expiresAt: new Date(Date.now() - 1) },
    { expiresAt: new Date(Date.now() + 3 * 366 * 86_400_000) },
    { name: '' },
    { name: 'n'.repeat(81) },
  ]) {
    await expect(createKey(people, { ...order, ...wrong })).rejects.toEqual(refused(400, 'request-invalid'));
  }
  await expect(createKey(people, { ...order, createdBy: bob.userId })).rejects.toEqual(refused(403, 'forbidden'));
});

test('the keys and sessions of a person go with them', async () => {
  const eve = await newPerson(api, 'Eve');
  const key = await createKey(people, {
    reference: { kind: 'user', id: eve.userId },
    name: 'k',
    scopes: ['read'],
    expiresAt: null,
    createdBy: eve.userId,
  });
  await prisma.user.delete({ where: { id: eve.userId } });
  await expect(withKey(key.secret)).rejects.toEqual(refused(401, 'key-invalid'));
  expect((await eve.browser.get('/api/auth/get-session')).body).toBeNull();
});

test('of fifty organisations that one person asks for at once, exactly as many are made as free accounts are left', async () => {
  const eve = await newPerson(api, 'Eve');
  const limited = { ...people, freeAccounts: { perPerson: 3, planIds: ['free'] } };
  const name = 'One of many';
  const made = await Promise.allSettled(
    Array.from({ length: 50 }, () => createOrganisation(limited, { name, ownerUserId: eve.userId })),
  );
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  for (const each of made) {
    if (each.status === 'rejected')
      expect(each.reason).toMatchObject({ status: 403, code: 'free-accounts-limit', data: { limit: 3, used: 3 } });
  }
  expect(await prisma.organisation.count({ where: { members: { some: { userId: eve.userId } } } })).toBe(3);
});

test('nobody is made the owner of more free accounts than one may own, in no way; of one that pays, anybody', async () => {
  const limited = { ...people, freeAccounts: { perPerson: 1, planIds: ['free'] } };
  const [carl, dora] = [await newPerson(api, 'Carl'), await newPerson(api, 'Dora')];
  for (const { userId } of [carl, dora]) await createOrganisation(limited, { name: 'Own', ownerUserId: userId });
  const { id: organisationId } = await createOrganisation(people, { name: 'More', ownerUserId: carl.userId });
  await prisma.member.create({
    data: { id: randomUUID(), organisationId, userId: dora.userId, role: 'admin' },
  });
  const refused = { code: 'free-accounts-limit' };
  const promote = () => setMemberRole(limited, { organisationId, userId: dora.userId, role: 'owner' });
  const transfer = { organisationId, fromUserId: carl.userId, toUserId: dora.userId };
  await expect(promote()).rejects.toMatchObject(refused);
  await expect(transferOwnership(limited, transfer)).rejects.toMatchObject(refused);
  const now = new Date();
  const account = {
    id: `o-${organisationId}`,
    organisationId,
    planId: 'team',
    standing: 'active',
    version: 1,
    state: {},
    view: {},
  };
  await prisma.account.create({ data: { ...account, standingSince: now, savedAt: now } });
  await promote();
  await prisma.account.delete({ where: { id: account.id } });
});

test('whoever invites is told that an address has had too many mails, whichever organisations they came from', async () => {
  const email = `invited-${randomUUID()}@leasehold.test`;
  for (let turn = 0; turn < 5; turn += 1) {
    await invite(people, { organisationId: await organisation(), email, role: 'member', inviterUserId: ada.userId });
  }
  const organisationId = await organisation();
  await expect(
    invite(people, { organisationId, email: email.toUpperCase(), role: 'member', inviterUserId: ada.userId }),
  ).rejects.toMatchObject({ status: 429, code: 'rate-limited' });
  expect(await listInvitations(people, organisationId)).toEqual([]);
  await people.posts.settled();
  expect(await mailsOf(email)).toHaveLength(5);
});
