import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { executionDuration, SIZE_LIMITS } from '#domain/size-limits.ts';
import { AnswerRefused } from '#incoming/answer-refused.ts';
import { askUntrusted, type UntrustedAnswer } from '#incoming/ask-untrusted.ts';
import { parseJson } from '#incoming/read-json.ts';
import { InternalProblem } from './internal-problem.ts';

const { messageAnswer, refusalCharacters } = SIZE_LIMITS.workspace;

/** What a gateway refuses a message with before any plugin was run. */
const NEVER_RAN = new Set([
  'BODY_TOO_LARGE',
  'BUSY',
  'INVALID_JSON',
  'INVALID_MESSAGE',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'PLUGIN_NOT_FOUND',
  'PLUGIN_RUNTIME_UNAVAILABLE',
  'UNAUTHENTICATED',
  'UNSUPPORTED_MEDIA_TYPE',
]);

const doneSchema = z.object({ result: z.unknown() }).refine((answer) => 'result' in answer);
const refusedSchema = z.object({
  detail: z.string(),
  code: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/),
  executionId: z.string().max(64).optional(),
});

export interface GatewayMessage {
  plugin: string;
  payload?: unknown;
  executionId?: string | undefined;
}

/** A message that a plugin answered. All but the result is ours: the workspace can't say what is counted. */
export interface GatewayAnswer {
  plugin: string;
  result: unknown;
  /** From the message's first byte to the answer's last, as this worker saw it. */
  durationMs: number;
  executionId: string;
}

/**
 * Hands a message to the gateway of a workspace and reads what it says within `SIZE_LIMITS.workspace`. The gateway is its customer's:
 * of its answer the result is passed on, and of a refusal the code and a short text. Anything else that it answers counts as an
 * execution that failed: the message was handed over.
 *
 * @param options.onRefused told why an answer was not taken, for counting
 * @throws InternalProblem for whatever is not a result
 */
export async function sendToGateway(
  gateway: { url: string; token: string },
  message: GatewayMessage,
  { onRefused }: { onRefused: (because: string) => void },
): Promise<GatewayAnswer> {
  const { plugin, executionId = randomUUID() } = message;
  const began = performance.now();
  const seen = () => executionDuration(Math.round((performance.now() - began) * 10) / 10) ?? 0;
  const request = {
    method: 'POST' as const,
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...message, executionId }),
  };
  try {
    const answer = await askUntrusted(`${gateway.url}/messages`, request, messageAnswer);
    const durationMs = seen();
    const said = parseJson(answer.body);
    const done = answer.status === 200 ? doneSchema.safeParse(said) : null;
    if (done?.success) return { plugin, result: done.data.result, durationMs, executionId };
    throw refusal(answer, said, { executionId, durationMs });
  } catch (error) {
    if (error instanceof InternalProblem) throw error;
    if (!(error instanceof AnswerRefused)) {
      throw new InternalProblem(
        503,
        'gateway-unreachable',
        'The gateway of the workspace does not answer. Try again in a moment.',
      );
    }
    onRefused(error.because);
    if (error.because === 'too-slow') {
      throw new InternalProblem(
        504,
        'gateway-timeout',
        'The workspace did not answer in time. The message may have arrived.',
      );
    }
    throw notTaken(error.message, `ANSWER_${error.because.toUpperCase().replace('-', '_')}`, {
      executionId,
      durationMs: seen(),
    });
  }

  /** What the gateway said, in the endpoint's own terms: a 404 of its own would mean the workspace. */
  function refusal({ status }: UntrustedAnswer, said: unknown, ran: { executionId: string; durationMs: number }) {
    const refused = refusedSchema.safeParse(said).data;
    if (status < 400 || !refused) {
      onRefused('no-answer-of-a-gateway');
      return notTaken(`It answered ${status} with neither a result nor a reason.`, 'ANSWER_MALFORMED', ran);
    }
    const { code } = refused;
    const detail = readable(refused.detail);
    const neverRan = NEVER_RAN.has(code) && refused.executionId === undefined;
    const data = { gatewayCode: code, ...(neverRan ? {} : ran) };
    if (status === 504) return new InternalProblem(504, 'gateway-timeout', detail, data);
    if (status === 413) return new InternalProblem(413, 'body-too-large', detail, data);
    if ([400, 404, 422].includes(status)) return new InternalProblem(422, 'message-refused', detail, data);
    return new InternalProblem(503, 'gateway-unreachable', detail, data);
  }
}

function notTaken(why: string, gatewayCode: string, ran: { executionId: string; durationMs: number }) {
  const detail = `The answer of the workspace was not taken. ${why}`;
  return new InternalProblem(502, 'gateway-answer-refused', detail, { gatewayCode, ...ran });
}

/** A text of a stranger: one line, without control characters, cut. */
function readable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return [...line.slice(0, 2 * refusalCharacters)].slice(0, refusalCharacters).join('');
}
