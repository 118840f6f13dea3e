import type { HostReport } from '#domain/host-report.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { SendReports } from './host-store.ts';

/** More than that, and the oldest are forgotten: what is still so is seen and told again. */
const KEPT = 1_000;

export interface HostReporter {
  /** Tells a workflow, or keeps it to be told later. Never rejects. */
  tell(accountId: string, report: HostReport): Promise<void>;
  /** Tells what could not be told before. Never rejects. */
  tellKept(): Promise<void>;
}

/** Temporal may be away while a host sees something: a report is kept, in this process, until its workflow has it. */
export function createHostReporter(sendReports: SendReports, log: Logger): HostReporter {
  let kept: { accountId: string; report: HostReport }[] = [];

  async function send(accountId: string, report: HostReport): Promise<void> {
    try {
      await sendReports(accountId, [report]);
    } catch (err) {
      const { workspaceId, saw } = report;
      log.warn({ err, workspaceId, saw: saw.kind }, 'a workflow could not be told what its host saw; it is kept');
      kept = [...kept, { accountId, report }].slice(-KEPT);
    }
  }

  return {
    tell: send,
    async tellKept() {
      const waiting = kept;
      kept = [];
      for (const { accountId, report } of waiting) await send(accountId, report);
    },
  };
}
