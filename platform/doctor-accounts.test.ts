import { expect, test } from 'vitest';
import type { Troubles } from '#support/trouble.ts';
import { checksOf } from './doctor-accounts.ts';

const NONE = { 'workflow-task-fails': 0, 'workflow-gone': 0, overdue: 0, 'event-not-acted-on': 0, 'set-aside': 0 };

test('each kind of trouble is a line with accounts and cures; without any there is one that says so', () => {
  expect(checksOf({ found: [], counts: NONE })).toMatchObject([{ finding: 'ok' }]);
  const troubles: Troubles = {
    found: Array.from({ length: 7 }, (_, index) => ({
      kind: 'overdue' as const,
      accountId: `account-${index}`,
      about: `account-${index}`,
      since: null,
      detail: 'It is late.',
      cure: `\`bin/leasehold account repair account-${index}\``,
    })),
    counts: { ...NONE, overdue: 7, 'set-aside': null },
  };
  const [overdue, setAside] = checksOf(troubles);
  expect(overdue).toMatchObject({ finding: 'missing', detail: expect.stringContaining('7 (account-0') });
  expect(overdue?.waysOut).toContain('account repair account-4');
  expect(overdue?.waysOut).toContain('and 2 more');
  expect(setAside).toMatchObject({ finding: 'missing', detail: expect.stringContaining('could not be looked at') });
});
