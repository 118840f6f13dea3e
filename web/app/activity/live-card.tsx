import type { LiveWorkspace } from '#api/answers.ts';
import type { Gauge } from '../account/workspace.ts';
import { cpus, megabytes, percentOf } from '../format/size.ts';
import { Card } from '../ui/card.tsx';
import { Meter } from '../ui/meter.tsx';
import { LIVE_HEIGHT, LIVE_LIMIT_Y, LIVE_WIDTH, livePath } from './live-curve.ts';
import { useLiveFigures } from './use-live-figures.ts';

interface LiveCardProps {
  accountId: string;
  workspaceId: string;
  /** As it was when the page was made; `null` when the host did not answer. */
  loaded: LiveWorkspace | null;
}

/** CPU and memory as they are, each under its limit. Without JavaScript: as they were. */
export function LiveCard({ accountId, workspaceId, loaded }: LiveCardProps) {
  const { frames, interrupted } = useLiveFigures(accountId, workspaceId);
  const live = frames.at(-1) ?? loaded;
  const runs = live?.status === 'running';
  return (
    <Card labelledBy="live">
      <h2 id="live" className="text-lg font-semibold tracking-tight">
        Right now
      </h2>
      {live && runs ? (
        <div className="mt-5 grid gap-x-8 gap-y-6 sm:grid-cols-2">
          <Live label="CPU" gauge={cpuGauge(live)} path={livePath(frames, (each) => each.cpuOfLimitPercent)} />
          <Live label="Memory" gauge={memoryGauge(live)} path={livePath(frames, (each) => each.memoryOfLimitPercent)} />
        </div>
      ) : (
        <p className="mt-3 text-muted">
          {live ? 'It does not run, so it uses nothing.' : 'Its live figures can’t be read right now.'}
        </p>
      )}
      <p role="status" className="mt-4 text-sm text-muted empty:hidden">
        {interrupted ? 'Live figures are interrupted. The page keeps trying.' : null}
      </p>
    </Card>
  );
}

function Live({ label, gauge, path }: { label: string; gauge: Gauge; path: string }) {
  return (
    <div className="min-w-0">
      <Meter label={label} gauge={gauge} />
      {path ? (
        <>
          <svg
            aria-hidden="true"
            viewBox={`0 0 ${LIVE_WIDTH} ${LIVE_HEIGHT}`}
            preserveAspectRatio="none"
            className="mt-3 h-20 w-full rounded-md bg-neutral-soft/50"
          >
            <line
              x1="0"
              x2={LIVE_WIDTH}
              y1={LIVE_LIMIT_Y}
              y2={LIVE_LIMIT_Y}
              strokeWidth="1.5"
              strokeDasharray="6 4"
              className="stroke-bad"
              vectorEffect="non-scaling-stroke"
            />
            <path d={path} fill="none" strokeWidth="2" className="stroke-accent" vectorEffect="non-scaling-stroke" />
          </svg>
          <p aria-hidden="true" className="mt-1 flex justify-between text-xs text-muted">
            <span>2 minutes ago</span>
            <span>limit: dashed</span>
            <span>now</span>
          </p>
        </>
      ) : null}
    </div>
  );
}

function cpuGauge({ cpuPercent, cpuLimitPercent }: LiveWorkspace): Gauge {
  const percent = percentOf(cpuPercent, cpuLimitPercent);
  return { percent, text: `${percent}% of ${cpus(cpuLimitPercent)} · ${Math.round(cpuPercent)}% of one core` };
}

function memoryGauge({ memoryUsedMb, memoryLimitMb }: LiveWorkspace): Gauge {
  return {
    percent: percentOf(memoryUsedMb, memoryLimitMb),
    text: `${megabytes(memoryUsedMb)} of ${megabytes(memoryLimitMb)}`,
  };
}
