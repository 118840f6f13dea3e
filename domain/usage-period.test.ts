import { expect, test } from 'vitest';
import { usagePeriod } from './usage-period.ts';

const paid = (currentPeriodStart: string, currentPeriodEnd: string) => ({ currentPeriodStart, currentPeriodEnd });

test('paid by the month, the period is what is paid for', () => {
  const subscription = paid('2026-03-14T09:30:00.000Z', '2026-04-14T09:30:00.000Z');
  const period = { start: subscription.currentPeriodStart, end: subscription.currentPeriodEnd };
  expect(usagePeriod(subscription, '2026-03-14T09:30:00.000Z')).toEqual(period);
  expect(usagePeriod(subscription, '2026-04-14T09:29:59.999Z')).toEqual(period);
});

test('paid by the year, it is the month within, from the same day on', () => {
  const subscription = paid('2026-01-31T12:00:00.000Z', '2027-01-31T12:00:00.000Z');
  expect(usagePeriod(subscription, '2026-03-01T00:00:00.000Z')).toEqual({
    start: '2026-02-28T12:00:00.000Z',
    end: '2026-03-31T12:00:00.000Z',
  });
  expect(usagePeriod(subscription, '2027-01-31T11:00:00.000Z')).toEqual({
    start: '2026-12-31T12:00:00.000Z',
    end: '2027-01-31T12:00:00.000Z',
  });
});

test('a trial of two weeks is a period of its own', () => {
  const trial = paid('2026-03-01T00:00:00.000Z', '2026-03-15T00:00:00.000Z');
  expect(usagePeriod(trial, '2026-03-02T00:00:00.000Z').end).toBe('2026-03-15T00:00:00.000Z');
});

test('without a subscription, or after its end, it is the calendar month', () => {
  const month = { start: '2026-12-01T00:00:00.000Z', end: '2027-01-01T00:00:00.000Z' };
  expect(usagePeriod(null, '2026-12-31T23:59:59.999Z')).toEqual(month);
  expect(usagePeriod(paid('2026-03-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'), '2026-12-05T00:00:00.000Z')).toEqual(
    month,
  );
});
