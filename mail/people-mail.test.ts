import { expect, test } from 'vitest';
import { asPlainText, asSubject } from './mail-text.ts';
import { invitationMail } from './people-mail.ts';

const invitation = (inviterName: string, organisationName: string) =>
  invitationMail({
    inviterName,
    organisationName,
    roleName: 'an admin',
    expiresAt: new Date('2026-03-08T00:00:00.000Z'),
    url: 'http://web.test/invitations/1',
  });

test('an invitation names who invites to what', () => {
  expect(asSubject(invitation('Ada', 'Acme'))).toBe('Ada invites you to Acme');
});

test.each([
  ['a link', 'Ada http://evil.test', 'www.evil.test'],
  ['line breaks', 'Ada\r\nBcc: all@leasehold.test', 'Acme\nBcc: all@leasehold.test'],
  ['200,000 characters', 'a'.repeat(200_000), 'b'.repeat(200_000)],
])('names with %s, stored before there were rules, are in no mail', (_, inviter, organisation) => {
  const text = invitation(inviter, organisation);
  expect(asSubject(text)).toBe('A member invites you to an organisation');
  expect(asPlainText(text)).not.toMatch(/evil|Bcc|aaa|bbb/);
});

test('a subject is one line of a length that can be read, whatever is in it', () => {
  const subject = asSubject({ subject: `Your workspace\r\nBcc: x\u2028y\u0000 ${'z'.repeat(100_000)}` });
  expect(subject).toMatch(/^Your workspace Bcc: x y z+…$/);
  expect(subject.length).toBeLessThan(300);
});
