import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import type { ConvergeInput, SubscriptionActivities } from '#activities/contracts.ts';

/** A side effect that the workflow asked for, at the workflow's own time. */
export type RecordedAct =
  | { at: string; kind: 'mail'; template: string }
  | { at: string; kind: 'converge'; desired: ConvergeInput['desired']['state'] };

/** Reads the side effects off the histories of a workflow's runs: the server's own record of what happened when. */
export async function recordedActs(client: Client, workflowId: string, runIds: string[]): Promise<RecordedAct[]> {
  const acts: RecordedAct[] = [];
  for (const runId of runIds) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of history.events ?? []) {
      const scheduled = event.activityTaskScheduledEventAttributes;
      const data = scheduled?.input?.payloads?.[0]?.data;
      if (!scheduled || !data || !event.eventTime) continue;
      const at = new Date(tsToMs(event.eventTime)).toISOString();
      const input: unknown = JSON.parse(Buffer.from(data).toString());
      if (scheduled.activityType?.name === 'sendMail') {
        const { effect } = input as Parameters<SubscriptionActivities['sendMail']>[0];
        acts.push({ at, kind: 'mail', template: effect.template });
      } else if (scheduled.activityType?.name === 'convergeWorkspace') {
        acts.push({ at, kind: 'converge', desired: (input as ConvergeInput).desired.state });
      }
    }
  }
  return acts.sort((a, b) => a.at.localeCompare(b.at));
}
