import type { LiveWorkspace } from '#api/answers.ts';

/** The live curve shows this much of the past. */
export const LIVE_SPAN_MS = 120_000;
export const LIVE_WIDTH = 600;
export const LIVE_HEIGHT = 80;
/** Where the limit lies, from above: a little room for what is more. */
export const LIVE_LIMIT_Y = 8;
/** Frames come once a second: a longer silence is a gap. */
const GAP_MS = 5_000;

/** Newest last; what is too old to be shown is dropped, and so is what came twice. */
export function withFrame(frames: readonly LiveWorkspace[], next: LiveWorkspace): LiveWorkspace[] {
  const newest = Date.parse(next.at);
  const kept = frames.filter((each) => newest - Date.parse(each.at) <= LIVE_SPAN_MS && each.at < next.at);
  return [...kept, next];
}

/**
 * Path of a share of what is allowed over the last two minutes, up to the newest frame.
 *
 * @param shareOf percent; 100 is the limit
 */
export function livePath(frames: readonly LiveWorkspace[], shareOf: (frame: LiveWorkspace) => number): string {
  const end = Date.parse(frames.at(-1)?.at ?? '');
  let before = Number.NEGATIVE_INFINITY;
  return frames
    .filter((each) => each.status === 'running')
    .map((each) => {
      const at = Date.parse(each.at);
      const command = at - before > GAP_MS ? 'M' : 'L';
      before = at;
      const x = LIVE_WIDTH - ((end - at) / LIVE_SPAN_MS) * LIVE_WIDTH;
      const y = LIVE_HEIGHT - (Math.min(105, shareOf(each)) / 100) * (LIVE_HEIGHT - LIVE_LIMIT_Y);
      return `${command}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
