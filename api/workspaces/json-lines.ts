import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { readLines } from '#incoming/read-lines.ts';

/**
 * Values of an answer that has one on each line as JSON. Empty lines are a host's heartbeat. Nothing is read ahead of who takes them.
 *
 * @param onHeard called whenever something came, were it a heartbeat
 * @param onEnd called when nothing more is read
 * @throws AnswerRefused for a line that is longer than any of a host's
 */
export async function* readJsonLines(
  body: ReadableStream<Uint8Array> | null,
  onHeard: () => void,
  onEnd: () => void,
): AsyncGenerator<unknown> {
  const reader = body?.getReader();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk?.value) return;
      onHeard();
      yield chunk.value;
    }
  }
  try {
    for await (const line of readLines(chunks(), SIZE_LIMITS.host.lineBytes)) {
      if (line !== '') yield JSON.parse(line) as unknown;
    }
  } finally {
    // Whoever stops reading lets the other side know.
    await reader?.cancel().catch(() => undefined);
    onEnd();
  }
}
