import type { Logger } from '#telemetry/logger.ts';
import type { ApiContext } from '../api-env.ts';
import { Problem } from '../problem.ts';
import type { AuditActor, AuditedAction, AuditedLog, AuditLog, AuditOutcome } from './audit-log.ts';

export interface Change {
  log: AuditedLog;
  actor: AuditActor;
  action: AuditedAction;
  /** Id of what it is done to, unless the handler notes another. */
  target: string;
}

/**
 * Carries out a change between the two writes of its entry: `pending` before, how it went after. A change that can't be
 * written down is not carried out; one whose outcome can't be written down stays `pending`.
 */
export type Audited = <T>(c: ApiContext, change: Change, carryOut: () => Promise<T>) => Promise<T>;

/** Codes of answers after which nobody knows whether it was done. */
const UNDECIDED = new Set<Problem['code']>(['not-confirmed', 'stripe-unavailable', 'temporal-unavailable']);

export function createAudited({ log, auditLog }: { log: Logger; auditLog: AuditLog }): Audited {
  return async (c, change, carryOut) => {
    const { requestId, clientAddress } = c.var;
    c.set('auditNote', {});
    const id = await auditLog.begin({
      ...change,
      ip: clientAddress,
      userAgent: c.req.header('user-agent') ?? null,
      requestId,
    });
    const settle = async (error: unknown) => {
      const note = c.var.auditNote;
      const details = { ...note.details, ...(error instanceof Problem ? { code: error.code } : {}) };
      await auditLog
        .settle(id, outcomeOf(error, c.res.status), { ...note, details })
        .catch((err: unknown) => log.error({ err, requestId }, 'an audit entry stays pending'));
    };
    try {
      const result = await carryOut();
      // What a handler throws is an answer already when middleware goes on.
      await settle(c.error);
      return result;
    } catch (error) {
      await settle(error);
      throw error;
    }
  };
}

function outcomeOf(error: unknown, status: number): AuditOutcome {
  if (error === undefined) return status < 400 ? 'done' : 'refused';
  if (!(error instanceof Problem)) return 'failed';
  if (UNDECIDED.has(error.code)) return 'pending';
  return error.status < 500 ? 'refused' : 'failed';
}
