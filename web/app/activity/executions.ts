import type { ExecutionsAnswer } from '#api/answers.ts';
import { momentOf } from '../format/moment.ts';
import type { Viewer } from '../format/viewer.ts';

export interface ExecutionsPanel {
  /** `1,204 in this billing period, 3 of them failed; 12 s together.` */
  total: string;
  /** `From Thursday 5 March, 13:00 to …` */
  period: string;
  recent: { id: string; plugin: string; outcome: string; at: string; moment: string }[];
}

/** @param now the account's own time */
export function presentExecutions(
  { period, total, recent }: ExecutionsAnswer,
  now: string,
  viewer: Viewer,
): ExecutionsPanel {
  const count = (value: number) => new Intl.NumberFormat(viewer.locale).format(value);
  const { executions, failed, lost, durationMs } = total;
  const parts = [
    `${count(executions)} in this billing period`,
    ...(failed > 0 ? [`${count(failed)} of them failed`] : []),
    ...(executions > 0 ? [`${duration(durationMs)} together`] : []),
    ...(lost > 0 ? [`${count(lost)} more were not answered and are not counted`] : []),
  ];
  const [from, to] = [momentOf(period.start, now, viewer), momentOf(period.end, now, viewer)];
  return {
    total: `${parts.join(', ')}.`,
    period: `From ${from.absolute} to ${to.absolute}`,
    recent: recent.map(({ id, plugin, at, outcome, durationMs: took, reason }) => {
      const moment = momentOf(at, now, viewer);
      const words = {
        done: 'done',
        failed: `failed${reason ? ` (${reason})` : ''}`,
        lost: 'not answered',
        pending: 'under way',
      };
      return {
        id,
        plugin,
        at,
        outcome: [words[outcome], ...(took === null ? [] : [duration(took)])].join(', '),
        moment: `${moment.day}, ${moment.time}`,
      };
    }),
  };
}

/** `12 ms`, `3.4 s`, `5 min`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
