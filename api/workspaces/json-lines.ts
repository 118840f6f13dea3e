/**
 * Values of an answer that has one on each line as JSON. Empty lines are a host's heartbeat.
 *
 * @param onHeard called whenever something came, were it a heartbeat
 * @param onEnd called when nothing more is read
 */
export async function* readJsonLines(
  body: ReadableStream<Uint8Array> | null,
  onHeard: () => void,
  onEnd: () => void,
): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let rest = '';
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk?.value) return;
      onHeard();
      const lines = (rest + decoder.decode(chunk.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown;
    }
  } finally {
    // Whoever stops reading lets the other side know.
    await reader?.cancel().catch(() => undefined);
    onEnd();
  }
}
