import type { InjectedSinks } from '@temporalio/worker';
import type { MessageSinks } from '#workflows/subscription/dropped-messages.ts';

/** What workflows tell their worker beside what they do. Not told again when a history is replayed. */
export function createWorkflowSinks(deps: {
  messageDropped(message: string, reason: string, count: number): void;
}): InjectedSinks<MessageSinks> {
  return {
    messages: {
      dropped: {
        fn: (_info, message, reason, count) => deps.messageDropped(message, reason, count),
        callDuringReplay: false,
      },
    },
  };
}
