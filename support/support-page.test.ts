import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { SUPPORT_PAGE_POLICY, supportPage } from './support-page.ts';
import type { Trouble, Troubles } from './trouble.ts';

const NOW = '2026-12-01T10:00:00.000Z';
const NASTY = `<img src=x onerror="alert('1')"> & \`<b>\``;

const overdue = (accountId: string): Trouble => ({
  kind: 'overdue',
  accountId,
  about: accountId,
  since: '2026-12-01T09:00:00.000Z',
  detail: NASTY,
  cure: '`bin/leasehold account repair it`',
});

const troubles: Troubles = {
  found: [overdue(NASTY)],
  counts: { 'workflow-task-fails': null, 'workflow-gone': 0, overdue: 12_345, 'event-not-acted-on': 0, 'set-aside': 0 },
};

test('the page escapes all that it shows, and its policy lets its own style in alone', () => {
  const page = supportPage(troubles, NOW);
  expect(page).not.toMatch(/<img|<b>|onerror="/);
  expect(page).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; <code>&lt;b&gt;</code>');
  expect(page).toContain('<code>bin/leasehold account repair it</code>');
  const style = page.match(/<style>([\s\S]*?)<\/style>/)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  expect(SUPPORT_PAGE_POLICY).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
  expect(page).not.toContain('<script');
});

test('the page says how many there are, which kinds are none, and what could not be looked at', () => {
  const page = supportPage(troubles, NOW);
  expect(page).toContain('The oldest 1 of 12345');
  expect(page.match(/<p>None\.<\/p>/g)).toHaveLength(3);
  expect(page).toContain('Could not be looked at');
});
