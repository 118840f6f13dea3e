import type { UsageHistoryAnswer, UsagePoint } from '#api/answers.ts';
import { cpus, megabytes } from '../format/size.ts';
import type { Viewer } from '../format/viewer.ts';

/** Size of the drawing; it is stretched to what there is. */
export const CHART_WIDTH = 1_000;
export const CHART_HEIGHT = 200;
/** Room above the limit at least, so that its line can be seen. */
const HEADROOM = 1.08;
const TIME_MARKS = 4;

/** A curve over time, ready to be drawn and to be read out. */
export interface UsageChart {
  name: 'CPU' | 'Memory';
  /** Path of the average, of the ground below it, of the highest values and of the limit, in the drawing's own units. */
  average: string;
  ground: string;
  highest: string;
  limit: string;
  /** From top to bottom, evenly. */
  heights: string[];
  /** From left to right, evenly. */
  times: string[];
  /** The curve in words. */
  summary: string;
}

export interface UsageRow {
  /** ISO instant. */
  at: string;
  time: string;
  cpu: string;
  memory: string;
  received: string;
  sent: string;
  /** `9 minutes`, when it did not run all the time. */
  ran: string;
}

/** @param history with as many points as the drawing can show */
export function presentCharts(history: UsageHistoryAnswer, viewer: Viewer): UsageChart[] {
  return [
    chart('CPU', history, viewer, {
      average: (point) => shareOf(point.cpuAvgPercent, point.cpuLimitPercent),
      highest: (point) => shareOf(point.cpuMaxPercent, point.cpuLimitPercent),
      limit: () => 100,
      unit: 1,
      text: (percent) => `${Math.round(percent)}%`,
      limitText: (point) => `${cpus(point.cpuLimitPercent)}, which is 100% here`,
    }),
    chart('Memory', history, viewer, {
      average: (point) => point.memoryAvgMb,
      highest: (point) => point.memoryMaxMb,
      limit: (point) => point.memoryLimitMb,
      unit: 1024,
      text: megabytes,
      limitText: (point) => megabytes(point.memoryLimitMb),
    }),
  ];
}

/** @param history with as few points as somebody wants to read; the newest come first */
export function presentRows({ points, stepSeconds, from, to }: UsageHistoryAnswer, viewer: Viewer): UsageRow[] {
  const timeText = timeFormat(from, to, viewer);
  return points
    .map((point) => ({
      at: point.at,
      time: timeText(point.at),
      cpu: `${percent(point.cpuAvgPercent, point.cpuLimitPercent)}, highest ${percent(point.cpuMaxPercent, point.cpuLimitPercent)}`,
      memory: `${megabytes(point.memoryAvgMb)}, highest ${megabytes(point.memoryMaxMb)} of ${megabytes(point.memoryLimitMb)}`,
      received: bytes(point.networkInBytes),
      sent: bytes(point.networkOutBytes),
      ran: point.seconds >= stepSeconds * 0.98 ? 'all the time' : `${Math.round((point.seconds / stepSeconds) * 100)}%`,
    }))
    .reverse();
}

interface Measure {
  /** Marks of more than one of these are round in them. */
  unit: number;
  average(point: UsagePoint): number;
  highest(point: UsagePoint): number;
  limit(point: UsagePoint): number;
  text(value: number): string;
  limitText(point: UsagePoint): string;
}

function chart(
  name: UsageChart['name'],
  { from, to, stepSeconds, points }: UsageHistoryAnswer,
  viewer: Viewer,
  measure: Measure,
): UsageChart {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const most = Math.max(1, ...points.flatMap((each) => [measure.limit(each), measure.highest(each)])) * HEADROOM;
  const top = Math.ceil(most / measure.unit) > 1 ? roundTop(most / measure.unit) * measure.unit : roundTop(most);
  const x = (at: string) => round(((Date.parse(at) + stepSeconds * 500 - start) / (end - start)) * CHART_WIDTH);
  const y = (value: number) => round(CHART_HEIGHT - (value / top) * CHART_HEIGHT);
  const runs = unbroken(points, stepSeconds);
  const line = (pick: (point: UsagePoint) => number) =>
    runs
      .map((run) => `M${run.map((each) => `${x(each.at)} ${y(pick(each))}`).join('L')}${run.length === 1 ? 'h1' : ''}`)
      .join('');
  const ground = runs
    .map(
      (run) =>
        `M${x(first(run).at)} ${CHART_HEIGHT}L${run.map((each) => `${x(each.at)} ${y(measure.average(each))}`).join('L')}L${x(last(run).at)} ${CHART_HEIGHT}Z`,
    )
    .join('');
  const timeText = timeFormat(from, to, viewer);
  const times = Array.from({ length: TIME_MARKS }, (_, index) =>
    timeText(new Date(start + ((end - start) * index) / (TIME_MARKS - 1)).toISOString()),
  );
  return {
    name,
    average: line(measure.average),
    ground,
    highest: line(measure.highest),
    limit: line(measure.limit),
    heights: [top, top / 2, 0].map(measure.text),
    times,
    summary: summaryOf(name, points, measure, timeText),
  };
}

function summaryOf(
  name: string,
  points: readonly UsagePoint[],
  measure: Measure,
  timeText: (at: string) => string,
): string {
  const newest = points.at(-1);
  if (!newest) return `${name}: it did not run in this time.`;
  const seconds = points.reduce((sum, each) => sum + each.seconds, 0);
  const average = points.reduce((sum, each) => sum + measure.average(each) * each.seconds, 0) / seconds;
  const peak = points.reduce((best, each) => (measure.highest(each) > measure.highest(best) ? each : best), newest);
  return `${name}: ${measure.text(average)} on average, ${measure.text(measure.highest(peak))} at most (${timeText(peak.at)}). The limit is ${measure.limitText(newest)}.`;
}

/** Points without a gap between them: a curve ends where it did not run. */
function unbroken(points: readonly UsagePoint[], stepSeconds: number): UsagePoint[][] {
  const runs: UsagePoint[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    // One look that came too late is no gap.
    if (run && before && Date.parse(point.at) - Date.parse(before.at) <= stepSeconds * 2_000) run.push(point);
    else runs.push([point]);
  }
  return runs;
}

/** A time of day within a day, else the day, with its hour while that tells days apart. */
function timeFormat(from: string, to: string, { locale, timeZone }: Viewer): (at: string) => string {
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  const day: Intl.DateTimeFormatOptions = days > 1.5 ? { day: 'numeric', month: 'short' } : {};
  const twelveHours = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12;
  const time: Intl.DateTimeFormatOptions =
    days > 10 ? {} : { hour: twelveHours ? 'numeric' : '2-digit', minute: '2-digit' };
  const format = new Intl.DateTimeFormat(locale, { timeZone, ...day, ...time });
  return (at) => format.format(new Date(at)).replace(/[\u202f\u00a0]/g, ' ');
}

/** At least so much, and with its half a round number: 120, 320, 600, 1.2. */
function roundTop(value: number): number {
  const step = 0.4 * 10 ** Math.floor(Math.log10(value));
  return Number((Math.ceil(value / step) * step).toPrecision(6));
}

function shareOf(value: number, limit: number): number {
  return limit > 0 ? (value / limit) * 100 : 0;
}

function percent(value: number, limit: number): string {
  return `${Math.round(shareOf(value, limit))}%`;
}

/** `12 kB`, `3.4 MB`: what goes through a network is counted in thousands. */
function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  const value = count / 1000 ** step;
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function first(run: readonly UsagePoint[]): UsagePoint {
  return run[0] as UsagePoint;
}

function last(run: readonly UsagePoint[]): UsagePoint {
  return run[run.length - 1] as UsagePoint;
}
