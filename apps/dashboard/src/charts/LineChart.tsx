import { lazy, Suspense, useMemo, useRef, useState, type ReactNode } from 'react';
import { useElementWidth } from '../components/useElementWidth.ts';
import { formatValue, graphSentence, valueScale, type GraphData } from './graphSeries.ts';
import { formatClock, formatDateTime } from '../time/format.ts';
import type { Range } from '../time/timeRange.ts';
import { BrushSurface } from './BrushSurface.tsx';
import { Legend } from './Legend.tsx';
import { seriesStyles } from './seriesColours.ts';
import { TimeLane, useTimeAxis } from './TimeAxis.tsx';
import styles from './LineChart.module.css';

const LineCanvas = lazy(() => import('./LineCanvas.tsx'));

/** More lines than this cannot be told apart, and slow the page down; the legend says how many are left out. */
const MOST_LINES = 200;
/** Past this many points the keyboard's cursor moves by more than one. */
const MOST_CURSOR_STEPS = 500;

/**
 * Lines over the page's time axis, with a legend whose entries hide and show them. A drag over the lines, or Shift with
 * the arrow keys and Enter, selects a stretch of time.
 */
export function LineChart({
  label,
  graph,
  height,
  hidden,
  onHide,
  onSelect,
  format = formatValue,
  colourOf,
  fromZero = false,
  axis,
}: {
  readonly label: string;
  readonly graph: GraphData;
  /** Pixels. */
  readonly height: number;
  /** Names of hidden series. */
  readonly hidden?: ReadonlySet<string>;
  readonly onHide?: (names: ReadonlySet<string>) => void;
  readonly onSelect: (range: Range) => void;
  readonly format?: (value: number) => string;
  /** A colour that a series has whatever its name, as for errors. */
  readonly colourOf?: (name: string) => string | undefined;
  /** The value axis always begins at zero. */
  readonly fromZero?: boolean;
  /** Labels of the time axis, where the page has none elsewhere. */
  readonly axis?: ReactNode;
}) {
  const { range, zone } = useTimeAxis();
  // The axis is another object at every move of the pointer; the lines are drawn again only when its ends change.
  const { from, to } = range;
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const [cursor, setCursor] = useState<number | null>(null);
  const all = useMemo(() => graph.series.slice(0, MOST_LINES), [graph]);
  const looks = useMemo(() => seriesStyles(all.map(({ name }) => name)), [all]);
  const isShown = (name: string): boolean => hidden?.has(name) !== true;
  const scale = useMemo(
    () =>
      valueScale(
        all.filter(({ name }) => hidden?.has(name) !== true),
        fromZero,
      ),
    [all, hidden, fromZero],
  );
  const data = useMemo(
    () => ({
      times: graph.times,
      from,
      to,
      min: scale.min,
      max: scale.max,
      lines: all.map(({ name, values }) => ({
        colour: colourOf?.(name) ?? looks.get(name)!.colour,
        dash: looks.get(name)!.dash,
        shown: hidden?.has(name) !== true,
        values,
      })),
    }),
    [graph, from, to, scale, all, looks, hidden, colourOf],
  );
  const steps = Math.min(MOST_CURSOR_STEPS, Math.max(1, graph.times.length));
  const pointAt = (step: number): number => {
    const at = range.from + ((step + 0.5) / steps) * (range.to - range.from);
    const index = Math.round((at - graph.grid.startMs) / graph.grid.stepMs);
    return Math.min(graph.times.length - 1, Math.max(0, index));
  };
  const describe = (step: number): string => {
    const index = pointAt(step);
    const values = all
      .filter(({ name, values: own }) => isShown(name) && (own[index] ?? null) !== null)
      .map(({ name, values: own }) => `${name} ${format(own[index]!)}`);
    return values.slice(0, 5).join(', ') || 'no data';
  };
  const point = cursor === null ? null : pointAt(cursor);

  return (
    <figure
      className={styles['figure']}
      role="figure"
      aria-label={`${label}: ${graphSentence(graph, (ms) => formatClock(ms, zone, false))}`}
    >
      <TimeLane className={styles['plot']} chart>
        <div ref={place} style={{ height }}>
          {width > 0 && (
            <Suspense fallback={null}>
              <LineCanvas data={data} width={Math.round(width)} height={height} />
            </Suspense>
          )}
        </div>
        <ol className={styles['values']} aria-hidden="true">
          {scale.ticks.map((tick) => (
            <li key={tick} style={{ bottom: `${((tick - scale.min) / (scale.max - scale.min)) * 100}%` }}>
              <span>{format(tick)}</span>
            </li>
          ))}
        </ol>
        <BrushSurface buckets={steps} onSelect={onSelect} onCursor={setCursor} describe={describe} />
      </TimeLane>
      {axis}
      <Legend
        label={label}
        entries={all.map(({ name, values }) => ({
          name,
          colour: colourOf?.(name) ?? looks.get(name)!.colour,
          dash: looks.get(name)!.dash,
          value: point === null ? lastOf(values) : (values[point] ?? null),
        }))}
        moment={point === null ? 'last' : formatDateTime(graph.times[point]!, zone).slice(11)}
        left={graph.series.length - all.length}
        format={format}
        hidden={hidden}
        onHide={onHide}
      />
    </figure>
  );
}

function lastOf(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}
