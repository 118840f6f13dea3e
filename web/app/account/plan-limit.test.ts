import { expect, test } from 'vitest';
import { planLimitOf } from './plan-limit.ts';

test('a limit that was reached names the plan that lifts it, and how much is used', () => {
  const told = {
    limit: 'workspaces',
    used: 1,
    max: 1,
    detail: 'Workspace limit reached. Upgrade to Pro.',
    liftedBy: [{ kind: 'plan', id: 'pro', name: 'Pro' }],
  };
  expect(planLimitOf('plan-limit', told)).toEqual({
    text: 'Workspace limit reached. Upgrade to Pro.',
    used: '1 of 1 in use',
  });
});

test('any other refusal is no limit', () => {
  expect(planLimitOf('workspace-name-taken', { detail: 'The name is taken.' })).toBeNull();
});

test('numbers are not told twice', () => {
  const told = {
    limit: 'workspaces',
    used: 1,
    max: 1,
    detail: 'Hobby allows 1 workspace; you have 1. Upgrade to Pro.',
  };
  expect(planLimitOf('plan-limit', told)?.used).toBeNull();
});
