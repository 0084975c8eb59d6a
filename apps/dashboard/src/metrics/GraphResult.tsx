import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { rangeQuery } from '../api/metricQueries.ts';
import { toGraph, type GraphData } from '../charts/graphSeries.ts';
import { LineChart } from '../charts/LineChart.tsx';
import { TimeAxisScope, TimeLabels } from '../charts/TimeAxis.tsx';
import { useElementWidth } from '../components/useElementWidth.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { plural } from '../time/format.ts';
import { seriesHash } from './exploreSearch.ts';
import { KeptView } from './KeptView.tsx';
import styles from './Explore.module.css';

const HEIGHT = 320;
const MOST_POINTS = 1_000;
/** A chart that becomes a little wider or narrower is not asked for again. */
const WIDTH_STEP = 100;

/** An expression over the window, as lines. */
export function GraphResult({
  label,
  expr,
  hidden,
  onHide,
  onError,
}: {
  readonly label: string;
  readonly expr: string;
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (hashes: ReadonlySet<string>) => void;
  readonly onError: (error: Error | null) => void;
}) {
  const { window, zone, zoomTo } = useGlobalSearch();
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const points = Math.min(MOST_POINTS, Math.floor(width / WIDTH_STEP) * WIDTH_STEP);
  const options = rangeQuery(expr, window, width === 0 ? 0 : Math.max(WIDTH_STEP, points));
  const query = useQuery(options);
  return (
    <div ref={place}>
      <KeptView query={query} queryKey={options.queryKey} onError={onError}>
        {({ data, grid, range }) => (
          <TimeAxisScope range={range} zone={zone} ticks={8}>
            <Lines
              label={label}
              result={data}
              grid={grid}
              hidden={hidden}
              onHide={onHide}
              onSelect={zoomTo}
            />
          </TimeAxisScope>
        )}
      </KeptView>
    </div>
  );
}

function Lines({
  label,
  result,
  grid,
  hidden,
  onHide,
  onSelect,
}: {
  readonly label: string;
  readonly result: Parameters<typeof toGraph>[0];
  readonly grid: GraphData['grid'];
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (hashes: ReadonlySet<string>) => void;
  readonly onSelect: Parameters<typeof LineChart>[0]['onSelect'];
}) {
  const graph = useMemo(() => toGraph(result, grid), [result, grid]);
  const hiddenNames = useMemo(
    () => new Set(graph.series.map(({ name }) => name).filter((name) => hidden.has(seriesHash(name)))),
    [graph, hidden],
  );
  const hide = (names: ReadonlySet<string>): void => {
    const own = new Set(graph.series.map(({ name }) => seriesHash(name)));
    const others = [...hidden].filter((hash) => !own.has(hash));
    onHide(new Set([...others, ...[...names].map(seriesHash)]));
  };
  return (
    <>
      <div className={styles['facts']}>
        <span>
          {plural(graph.series.length, 'series', 'series')}, a point every {grid.stepMs / 1000} s
          {graph.histogramsOnly > 0 &&
            `; ${plural(graph.histogramsOnly, 'native histogram')} left out, use histogram_quantile()`}
        </span>
      </div>
      {graph.series.length === 0 ? (
        <p className={styles['hint']}>Nothing has this name and these labels in this window.</p>
      ) : (
        <LineChart
          label={label}
          graph={graph}
          height={HEIGHT}
          hidden={hiddenNames}
          onHide={hide}
          onSelect={onSelect}
          axis={<TimeLabels />}
        />
      )}
    </>
  );
}
