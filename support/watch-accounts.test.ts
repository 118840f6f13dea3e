import { expect, onTestFinished, test, vi } from 'vitest';
import { createLogger, type Logger } from '#telemetry/logger.ts';
import { MOST_LISTED, type Trouble, type Troubles } from './trouble.ts';
import { watchAccounts } from './watch-accounts.ts';

const NONE = { 'workflow-task-fails': 0, 'workflow-gone': 0, overdue: 0, 'event-not-acted-on': 0, 'set-aside': 0 };

const overdue = (accountId: string): Trouble => ({
  kind: 'overdue',
  accountId,
  about: accountId,
  since: null,
  detail: 'late',
  cure: 'repair',
});

/** Looks as often as is told, each with the next of these answers. */
async function logOf(looks: (Troubles | Error)[]): Promise<string[]> {
  const lines: string[] = [];
  const log: Logger = createLogger('test', 'silent');
  const write = (message: string) => (fields: Record<string, unknown>) =>
    void lines.push(`${message} ${fields.accountId ?? ''}`.trim());
  log.error = write('in trouble') as never;
  log.info = write('over') as never;
  let next = 0;
  const findTroubles = async () => {
    const answer = looks[Math.min(next, looks.length - 1)] as Troubles | Error;
    next += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const watch = watchAccounts({ findTroubles, log }, 1);
  onTestFinished(() => watch.stop());
  await vi.waitFor(() => expect(next).toBeGreaterThan(looks.length));
  return lines;
}

test('a trouble is logged once when it is noticed and once when it is over', async () => {
  const troubled = { found: [overdue('a'), overdue('b')], counts: { ...NONE, overdue: 2 } };
  const well = { found: [overdue('b')], counts: { ...NONE, overdue: 1 } };
  expect(await logOf([troubled, troubled, well, well])).toEqual(['in trouble a', 'in trouble b', 'over a']);
});

test('what could not be looked at, and what is one of more than are listed, is not taken for over', async () => {
  const troubled = { found: [overdue('a')], counts: { ...NONE, overdue: 1 } };
  const unseen = { found: [], counts: { ...NONE, overdue: null } };
  const many = { found: [], counts: { ...NONE, overdue: MOST_LISTED + 1 } };
  expect(await logOf([troubled, unseen, many])).toEqual(['in trouble a']);
});

test('a look that fails does not end the watching', async () => {
  const troubled = { found: [overdue('a')], counts: { ...NONE, overdue: 1 } };
  expect(await logOf([new Error('no'), troubled])).toEqual(['in trouble', 'in trouble a']);
});
