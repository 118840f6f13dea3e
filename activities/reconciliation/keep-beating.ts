import { Context } from '@temporalio/activity';

const EVERY_MS = 4_000;

/**
 * Runs an activity's work while Temporal is told every few seconds that it lives, and how far it is.
 *
 * @param start where to begin, unless an attempt before this one has told how far it came
 * @param work is given where to begin and a function that notes how far it is
 */
export async function keepBeating<Position, Result>(
  start: Position,
  work: (from: Position, note: (position: Position) => void) => Promise<Result>,
): Promise<Result> {
  const context = Context.current();
  let position = (context.info.heartbeatDetails as Position | undefined) ?? start;
  const beat = () => context.heartbeat(position);
  const timer = setInterval(beat, EVERY_MS);
  try {
    return await work(position, (next) => {
      position = next;
      beat();
    });
  } finally {
    clearInterval(timer);
  }
}
