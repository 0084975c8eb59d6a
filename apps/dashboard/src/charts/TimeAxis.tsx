import {
  createContext,
  useContext,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { useElementWidth } from '../components/useElementWidth.ts';
import type { TimeZone } from '../time/calendar.ts';
import { formatClock, formatDateTime, formatTick } from '../time/format.ts';
import { fractionOf, timeTicks } from '../time/ticks.ts';
import type { Range } from '../time/timeRange.ts';
import styles from './TimeAxis.module.css';

interface Axis {
  readonly range: Range;
  readonly zone: TimeZone;
  readonly ticks: readonly number[];
  readonly cursor: number | null;
}

/** Labels nearer than this would run into each other. */
const LABEL_PIXELS = 46;

const AxisContext = createContext<Axis | null>(null);

/** The time axis that everything inside shares. */
export function useTimeAxis(): Axis {
  const axis = useContext(AxisContext);
  if (axis === null)
    throw new Error('useTimeAxis: expected a TimeAxisScope around the component, found none');
  return axis;
}

/**
 * One time axis for a whole page: every lane inside draws the same grid, and pointing at one lane drops a line through
 * all of them at the same instant.
 */
export function TimeAxisScope({
  range,
  zone,
  ticks: limit = 5,
  children,
}: {
  readonly range: Range;
  readonly zone: TimeZone;
  readonly ticks?: number;
  readonly children: ReactNode;
}) {
  const scope = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { from, to } = range;
  const ticks = useMemo(() => timeTicks({ from, to }, limit, zone), [from, to, limit, zone]);
  const axis = useMemo(() => ({ range: { from, to }, zone, ticks, cursor }), [from, to, zone, ticks, cursor]);

  const onPointerMove = (event: PointerEvent): void => {
    const lane = event.target instanceof Element ? event.target.closest('[data-time-lane]') : null;
    const box = lane?.getBoundingClientRect();
    const at = box === undefined ? null : Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    // The line itself moves by a custom property, without drawing any component again.
    if (at === null) scope.current?.removeAttribute('data-cursor');
    else {
      scope.current?.setAttribute('data-cursor', '');
      scope.current?.style.setProperty('--cursor', String(at));
    }
    setCursor(at === null ? null : from + Math.round(at * (to - from)));
  };
  const grid = ticks.map((tick) => gridLine(fractionOf({ from, to }, tick))).join(', ');
  return (
    <AxisContext value={axis}>
      <div
        ref={scope}
        className={styles['scope']}
        style={{ '--time-grid': grid || 'none' } as CSSProperties}
        onPointerMove={onPointerMove}
        onPointerLeave={onPointerMove}
      >
        {children}
      </div>
    </AxisContext>
  );
}

/** A stretch of the page that stands on the time axis, from its left edge to its right edge. */
export function TimeLane({
  className,
  children,
  chart = false,
}: {
  readonly className?: string | undefined;
  readonly children?: ReactNode;
  /** A chart that a person reads: automatic refresh waits while the pointer is on it. */
  readonly chart?: boolean;
}) {
  return (
    <div
      className={[styles['lane'], className].filter(Boolean).join(' ')}
      data-time-lane=""
      data-chart={chart || undefined}
    >
      {children}
    </div>
  );
}

/** The labels of the axis, and the time under the pointer. */
export function TimeLabels() {
  const { range, zone, ticks, cursor } = useTimeAxis();
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const every = Math.max(1, Math.ceil((ticks.length * LABEL_PIXELS) / Math.max(1, width)));
  const span = range.to - range.from;
  return (
    <div ref={place} className={styles['labels']} aria-hidden="true">
      {ticks.map((tick, index) => {
        if (index % every !== 0) return null;
        const at = fractionOf(range, tick);
        return (
          <span key={tick} style={{ left: `clamp(2.2em, ${at * 100}%, calc(100% - 2.2em))` }}>
            {formatTick(tick, span, zone)}
          </span>
        );
      })}
      {cursor !== null && (
        <b
          style={{ left: `${fractionOf(range, cursor) * 100}%` }}
          data-side={fractionOf(range, cursor) > 0.5 ? 'left' : 'right'}
        >
          {span > 86_400_000 ? formatDateTime(cursor, zone, false) : formatClock(cursor, zone)}
        </b>
      )}
    </div>
  );
}

function gridLine(at: number): string {
  const place = `${(at * 100).toFixed(3)}%`;
  return `linear-gradient(to right, transparent calc(${place} - 0.5px), var(--line) calc(${place} - 0.5px), var(--line) calc(${place} + 0.5px), transparent calc(${place} + 0.5px))`;
}
