import { expect, test } from 'vitest';
import { type MailDetails, mailText } from './account-mail.ts';
import { asHtml, asPlainText } from './mail-text.ts';

const ACCOUNT = 'https://example.test/account';
const facts: MailDetails = {
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

const shortly = { planId: 'team', planName: 'Team' };
const plain = (template: Parameters<typeof mailText>[0], changes: Partial<MailDetails>) =>
  asPlainText(mailText(template, { ...shortly, ...changes }, ACCOUNT));

test('the mail of an extension says why, how much is owed and the new date', () => {
  const text = plain('grace-extended', { ...facts, reason: 'A new card is on its way.' });
  for (const part of ['A new card is on its way.', '$29.00', 'Sunday, March 8, 2026', 'https://pay.test/in_1']) {
    expect(text).toContain(part);
  }
});

test('a welcome back says how many workspaces run again', () => {
  expect(plain('welcome-back', { runAgain: 2 })).toContain('2 workspaces run again, with all data.');
  expect(plain('welcome-back', { runAgain: 1 })).toContain('Your workspace runs again, with all data.');
  expect(plain('welcome-back', { runAgain: 0 })).toContain('No workspace was started by itself.');
});

test('the mail of a card names it, and the last month in which it can be charged', () => {
  const text = plain('card-expiring', {
    card: { brand: 'visa', last4: '4242' },
    expiresAt: '2026-05-01T00:00:00.000Z',
  });
  expect(text).toContain('Visa card ending in 4242');
  expect(text).toContain('the end of April 2026');
  expect(plain('card-expiring', { expiresAt: '2027-01-01T00:00:00.000Z' })).toContain('December 2026');
});

test('the mail of an invoice links to its PDF, or to its page where there is none', () => {
  const invoice = { amountCents: 2900, currency: 'usd', invoiceNumber: 'A-1', payUrl: 'https://pay.test/in_1' };
  const text = plain('invoice', { ...invoice, pdfUrl: 'https://pay.test/in_1.pdf' });
  for (const part of ['$29.00', 'https://pay.test/in_1.pdf', 'To look at it or pay it']) expect(text).toContain(part);
  expect(mailText('invoice', { ...shortly, ...invoice }, ACCOUNT)).toMatchObject({
    subject: 'Your invoice A-1 over $29.00',
    action: { url: 'https://pay.test/in_1' },
  });
  expect(plain('invoice', {})).toContain(ACCOUNT);
});

test('the mail of a second subscription says what comes back, or that nothing was paid', () => {
  expect(plain('duplicate-ended', { planName: 'Studio', amountCents: 9900, currency: 'usd' })).toContain('$99.00');
  expect(plain('duplicate-ended', { planName: 'Studio' })).toContain('Nothing had been paid');
});

test('the mail of a dispute says that the data is kept', () => {
  expect(plain('payment-disputed', {})).toContain('Your data is kept');
});
