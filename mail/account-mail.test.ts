import { expect, test } from 'vitest';
import type { MailFacts } from '#domain/effect.ts';
import { mailText } from './account-mail.ts';
import { asHtml, asPlainText } from './mail-text.ts';

const ACCOUNT = 'https://example.test/account';
const facts: MailFacts = {
  planId: 'team',
  planName: 'Team <3',
  amountCents: 2900,
  currency: 'usd',
  payUrl: 'https://pay.test/in_1?a=1&b=2',
  suspendAt: '2026-03-08T14:05:00.000Z',
  cancelAt: '2026-03-31T14:05:00.000Z',
  deleteAt: '2026-04-30T14:05:00.000Z',
};

test.each(['grace-started', 'grace-reminder'] as const)(
  '%s names the amount, the date and what stops, and links to the payment',
  (template) => {
    const text = asPlainText(mailText(template, facts, ACCOUNT));
    expect(text).toContain('$29.00');
    expect(text).toContain('Sunday, March 8, 2026');
    expect(text).toContain('14:05 UTC'.replace('14:05', '2:05 PM'));
    expect(text).toContain('stops');
    expect(text).toContain('data is kept');
    expect(text).toContain('https://pay.test/in_1?a=1&b=2');
  },
);

test('the mail of a suspension names the dates of the cancel and of the deletion', () => {
  const text = asPlainText(mailText('suspended', facts, ACCOUNT));
  expect(text).toContain('Tuesday, March 31, 2026');
  expect(text).toContain('Thursday, April 30, 2026');
});

test('an amount of a currency without minor units is not divided by a hundred', () => {
  const text = asPlainText(mailText('grace-started', { ...facts, amountCents: 2900, currency: 'jpy' }, ACCOUNT));
  expect(text).toContain('¥2,900');
});

test('HTML escapes what it shows', () => {
  const html = asHtml(mailText('grace-started', facts, ACCOUNT));
  expect(html).toContain('Team &#60;3');
  expect(html).not.toContain('Team <3');
});
