import { useId } from 'react';
import type { Gauge } from '../account/workspace.ts';

const TRACK_HEIGHT = 8;
/** From here on a bar warns by its colour; its text says the same in numbers. */
const NEARLY_FULL_PERCENT = 90;

interface MeterProps {
  label: string;
  gauge: Gauge;
}

/** A bar with its numbers. Drawn as SVG, since the content security policy forbids inline styles. */
export function Meter({ label, gauge }: MeterProps) {
  const id = useId();
  return (
    <div>
      <div className="flex items-baseline justify-between gap-4 text-sm">
        <span id={id} className="font-medium">
          {label}
        </span>
        <span className="text-muted tabular-nums">{gauge.text}</span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: <meter> can't be coloured alike in all browsers */}
      <div
        role="meter"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={gauge.percent}
        aria-valuetext={gauge.text}
        className="mt-2"
      >
        <svg
          aria-hidden="true"
          width="100%"
          height={TRACK_HEIGHT}
          className={gauge.percent >= NEARLY_FULL_PERCENT ? 'text-warn' : 'text-accent'}
        >
          <rect width="100%" height={TRACK_HEIGHT} rx={TRACK_HEIGHT / 2} className="fill-neutral-soft" />
          <rect
            width={`${gauge.percent}%`}
            height={TRACK_HEIGHT}
            rx={TRACK_HEIGHT / 2}
            fill="currentColor"
            className="motion-safe:transition-[width] motion-safe:duration-500"
          />
        </svg>
      </div>
    </div>
  );
}
