/**
 * - `too-large`, `too-slow`: beyond its limit
 * - `encoded`: compressed, though we asked for none: what it would unpack to is not known
 * - `malformed`: no JSON, or no text
 * - `too-deep`: JSON with more levels than can be written again
 * - `cut-off`: it ended before it was whole
 */
export type RefusedBecause = 'too-large' | 'too-slow' | 'encoded' | 'malformed' | 'too-deep' | 'cut-off';

/** An answer from outside that was not read to its end, or that nothing can be made of. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly because: RefusedBecause;

  /** @param detail for people, a whole sentence */
  constructor(because: RefusedBecause, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.because = because;
  }
}
