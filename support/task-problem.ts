/** Why a workflow's task fails, in words, and what ends it. */
export interface TaskProblem {
  cause: string;
  /** What ends it, but for the command. */
  advice: string;
}

const MENDED_CODE_SUFFICES =
  'Send the message and the stack trace to the developers. Once a worker runs mended code, the account goes on by itself';

/** Causes of failed workflow tasks, by their names at Temporal. https://docs.temporal.io/references/errors */
const CAUSES: Record<string, TaskProblem> = {
  NonDeterministicError: {
    cause: "the workflow's code does not follow what its history says (non-determinism)",
    advice: 'Bring back the version that wrote the history, or begin a fresh run from PostgreSQL',
  },
  WorkflowWorkerUnhandledFailure: {
    cause: "the workflow's code throws an error that it does not handle",
    advice: MENDED_CODE_SUFFICES,
  },
  GrpcMessageTooLarge: {
    cause: 'what the workflow wants to record is larger than Temporal takes in one message',
    advice: MENDED_CODE_SUFFICES,
  },
  RequestTooLarge: {
    cause: 'what the workflow wants to record is larger than Temporal takes in one message',
    advice: MENDED_CODE_SUFFICES,
  },
  PayloadsTooLarge: {
    cause: 'an argument or a result is larger than Temporal takes',
    advice: MENDED_CODE_SUFFICES,
  },
};
const TIMED_OUT: TaskProblem = {
  cause: 'no worker finishes the task in time: workers die or hang in it, or none runs',
  advice: "See that a worker runs (`bin/leasehold status`) and what its log says; a fresh run's history is short",
};

/**
 * @param name as `TemporalReportedProblems` or a failed task has it: `WorkflowTaskFailedCauseNonDeterministicError`,
 * `WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR`, `WorkflowTaskTimedOutCauseStartToClose`
 */
export function taskProblemOf(name: string): TaskProblem {
  if (/timed.?out/i.test(name)) return TIMED_OUT;
  const plain = plainName(name);
  const known = Object.entries(CAUSES).find(([each]) => plainName(each) === plain);
  return (
    known?.[1] ?? {
      cause: `Temporal refuses what the workflow wants (${name})`,
      advice: MENDED_CODE_SUFFICES,
    }
  );
}

/** The name of a cause alone, in one spelling. */
function plainName(name: string): string {
  return name
    .replaceAll('_', '')
    .toLowerCase()
    .replace(/^cause=/, '')
    .replace(/^workflowtask(failed|timedout)cause/, '');
}
