import { expect, test } from 'vitest';
import { taskProblemOf } from './task-problem.ts';

test.each([
  ['WorkflowTaskFailedCauseNonDeterministicError', 'non-determinism'],
  ['WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR', 'non-determinism'],
  ['WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE', 'throws an error'],
  ['WorkflowTaskFailedCauseGrpcMessageTooLarge', 'larger than Temporal takes'],
  ['WorkflowTaskTimedOutCauseStartToClose', 'no worker finishes the task in time'],
  ['WorkflowTaskFailedCauseBadUpdateWorkflowExecutionMessage', 'BadUpdateWorkflowExecutionMessage'],
])('the cause %s is said in words, however the server spells it', (name, words) => {
  const { cause, advice } = taskProblemOf(name);
  expect(cause).toContain(words);
  expect(advice).not.toBe('');
});
