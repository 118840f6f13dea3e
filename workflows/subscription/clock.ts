/** The workflow's own time: the only clock that decides anything. */
export function workflowNow(): string {
  return new Date().toISOString();
}

/** Milliseconds until an instant, at least one, so that a wait for it always yields. */
export function msUntil(at: string): number {
  return Math.max(1, Date.parse(at) - Date.now());
}

/** Waits between tries that double from `firstMs` to `mostMs`. */
export class BackOff {
  private tries = 0;
  private readonly firstMs: number;
  private readonly mostMs: number;

  constructor(firstMs: number, mostMs: number) {
    this.firstMs = firstMs;
    this.mostMs = mostMs;
  }

  nextMs(): number {
    const ms = Math.min(this.mostMs, this.firstMs * 2 ** this.tries);
    this.tries += 1;
    return ms;
  }

  reset(): void {
    this.tries = 0;
  }
}
