import { expect, test } from 'vitest';
import { loadCatalog } from './load.ts';
import { priceTable } from './price-table.ts';

const demo = loadCatalog('catalogs/demo.yaml');
const [hobby, team] = demo.plans;
if (!hobby || !team) throw new Error('The demo catalog has lost its plans.');

test('a plan that is retired is not offered', () => {
  expect(priceTable({ ...demo, plans: [hobby, { ...team, retired: true }] })).not.toContain('team');
});

test('a trial is shown, and a plan that is not sold by the year has no price for it', () => {
  const monthly = { ...team, id: 'monthly', trialDays: 14, prices: team.prices.slice(0, 1) };
  const table = priceTable({ ...demo, plans: [team, monthly] });
  expect(table).toContain('| plan | a month | a year | trial |');
  expect(table).toContain('| team | $29 | $290 | – |');
  expect(table).toContain('| monthly | $29 | – | 14 days |');
});

test('a limit that is only counted says so, and a custom plan is shown as where it begins', () => {
  const limits = { worlds: { limit: 5, per: 'month', mode: 'track' } } as const;
  const table = priceTable({ ...demo, plans: [{ ...hobby, custom: true, limits }] });
  expect(table).toContain('| custom | from 1 | from 256 MB | from 0.5 CPU | from 1 GB | 5 (not enforced) |');
});

test('a plan stands in the table of those that it is for, once', () => {
  const forBoth = { ...team, audiences: ['organisation' as const, 'personal' as const] };
  const personal = { ...hobby, audiences: ['personal' as const] };
  const guild = { ...hobby, id: 'guild', audiences: ['organisation' as const] };
  const table = priceTable({ ...demo, plans: [personal, guild, forBoth] });
  const plans = table.split('**').map((part) => part.split('\n').flatMap((line) => /^\| (\w+) /.exec(line)?.[1] ?? []));
  expect([table.split('**')[1], plans[2]]).toEqual(['Personal plans', ['plan', 'hobby']]);
  expect([table.split('**')[3], plans[4]]).toEqual(['Organisation plans', ['plan', 'guild']]);
  expect([table.split('**')[5], plans[6]]).toEqual(['Plans for persons and organisations', ['plan', 'team']]);
});

test('amounts have the digits of their currency', () => {
  expect(priceTable({ ...demo, currency: 'jpy' })).toContain('| team | ¥2,900 | ¥29,000 |');
  expect(priceTable({ ...demo, currency: 'eur' })).toContain('| team | €29 | €290 |');
});
