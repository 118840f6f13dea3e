import { useId } from 'react';
import { CHART_HEIGHT, CHART_WIDTH, type UsageChart } from './usage-chart.ts';

/** A curve with its limit, and what it says in words. The words are what a screen reader gets. */
export function UsageCurve({ chart }: { chart: UsageChart }) {
  const id = useId();
  const { name, summary, heights, times } = chart;
  return (
    <figure aria-labelledby={id} className="min-w-0">
      <div aria-hidden="true" className="flex flex-wrap items-baseline justify-between gap-x-4 text-sm">
        <span className="font-medium">{name}</span>
        <span className="flex gap-4 text-xs text-muted">
          <Key className="stroke-accent" text="average" />
          <Key className="stroke-accent/45" text="highest" />
          <Key className="stroke-bad" text="limit" dashed />
        </span>
      </div>
      <div
        aria-hidden="true"
        className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-xs text-muted tabular-nums"
      >
        <div className="flex flex-col justify-between text-right leading-none">
          {heights.map((each) => (
            <span key={each}>{each}</span>
          ))}
        </div>
        <Plot chart={chart} />
        <span />
        <div className="mt-1.5 flex justify-between">
          {times.map((each, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two marks may say the same, and never change places
            <span key={index}>{each}</span>
          ))}
        </div>
      </div>
      <figcaption id={id} className="mt-2 text-sm text-muted">
        {summary}
      </figcaption>
    </figure>
  );
}

/** Stretched to the width that there is; lines keep theirs. */
function Plot({ chart }: { chart: UsageChart }) {
  return (
    <svg
      viewBox={`0 0 ${CHART_WIDTH} ${CHART_HEIGHT}`}
      preserveAspectRatio="none"
      className="h-36 w-full rounded-md bg-neutral-soft/50 sm:h-44"
    >
      <title>{chart.name}</title>
      {[0.5, 1].map((share) => (
        <line
          key={share}
          x1="0"
          x2={CHART_WIDTH}
          y1={CHART_HEIGHT * share}
          y2={CHART_HEIGHT * share}
          className="stroke-line"
          vectorEffect="non-scaling-stroke"
        />
      ))}
      <path d={chart.ground} className="fill-accent/15" />
      <path d={chart.highest} fill="none" className="stroke-accent/45" vectorEffect="non-scaling-stroke" />
      <path
        d={chart.average}
        fill="none"
        strokeWidth="2"
        strokeLinejoin="round"
        className="stroke-accent"
        vectorEffect="non-scaling-stroke"
      />
      <path
        d={chart.limit}
        fill="none"
        strokeWidth="1.5"
        strokeDasharray="6 4"
        className="stroke-bad"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

function Key({ className, text, dashed = false }: { className: string; text: string; dashed?: boolean }) {
  return (
    <span className="flex items-center gap-1.5">
      <svg aria-hidden="true" width="18" height="4" className={className}>
        <line x1="0" x2="18" y1="2" y2="2" strokeWidth="2" strokeDasharray={dashed ? '5 3' : undefined} />
      </svg>
      {text}
    </span>
  );
}
