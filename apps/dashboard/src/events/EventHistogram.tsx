import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { histogramQuery } from '../api/eventQueries.ts';
import type { EventHistogram as Histogram } from '../api/eventTypes.ts';
import { BrushSurface } from '../charts/BrushSurface.tsx';
import { barsPath } from '../charts/Sparkline.tsx';
import { TimeAxisScope, TimeLabels, TimeLane } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { QueryView } from '../components/States.tsx';
import graph from '../exceptions/OccurrencesGraph.module.css';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatClock, formatCount, formatDateTime, plural } from '../time/format.ts';
import type { Range } from '../time/timeRange.ts';
import styles from './EventHistogram.module.css';

const LIVE_MS = 5_000;

/** Events of the stream over the window; a drag sets the window of the whole app. */
export function EventHistogram({
  stream,
  query: filter,
  live,
}: {
  readonly stream: string;
  readonly query: string;
  /** Drawn again every few seconds while events come. */
  readonly live: boolean;
}) {
  const { window, zone } = useGlobalSearch();
  const options = histogramQuery(stream, filter, window);
  const query = useQuery(options);
  const client = useQueryClient();
  const name = JSON.stringify(options.queryKey);
  useEffect(() => {
    if (!live) return undefined;
    const queryKey = JSON.parse(name) as unknown[];
    const timer = setInterval(() => {
      const isRead = document.querySelector('[data-chart]:hover') !== null;
      if (!isRead) void client.invalidateQueries({ queryKey, exact: true });
    }, LIVE_MS);
    return () => clearInterval(timer);
  }, [live, client, name]);
  return (
    <section className={styles['panel']} aria-label="Over time">
      <QueryView query={query} queryKeys={[options.queryKey]} what="the histogram" rows={4}>
        {(answer) => (
          <TimeAxisScope range={answer.range} zone={zone} ticks={8}>
            <Graph answer={answer} />
          </TimeAxisScope>
        )}
      </QueryView>
    </section>
  );
}

function Graph({ answer }: { readonly answer: Histogram & { readonly range: Range } }) {
  const { zone, zoomTo } = useGlobalSearch();
  const [bucket, setBucket] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const { counts, stepSeconds } = answer;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const highest = Math.max(0, ...counts);
  const startOf = (index: number): number => Date.parse(answer.from) + index * stepSeconds * 1000;
  const peak = formatClock(startOf(counts.indexOf(highest)), zone, false);
  const sentence =
    total === 0
      ? 'Events over time: none in this window'
      : `Events over time: ${formatCount(total)}, most at ${peak} (${formatCount(highest)})`;
  return (
    <figure className={graph['figure']} role="figure" aria-label={sentence}>
      <div className={graph['legend']}>
        <span className="mono">{plural(total, 'event')}</span>
        {answer.partial === true && (
          <span className={styles['partial']}>▲ not all were counted: too many for one search</span>
        )}
        <span className={graph['readout']} aria-hidden="true">
          {bucket === null
            ? `peak ${formatCount(highest)} per ${formatStep(stepSeconds)}`
            : `${formatClock(startOf(bucket), zone)}  ${formatCount(counts[bucket] ?? 0)}`}
        </span>
        <Button look="quiet" icon="table" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          Table
        </Button>
      </div>
      {asTable ? (
        <div
          className={graph['tableBox']}
          tabIndex={0}
          role="region"
          aria-label="Events over time as a table"
        >
          <table>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col">Events</th>
              </tr>
            </thead>
            <tbody>
              {counts.map((count, index) => (
                <tr key={startOf(index)}>
                  <th scope="row">{formatDateTime(startOf(index), zone)}</th>
                  <td>{formatCount(count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <>
          <TimeLane className={styles['plot']} chart>
            <svg
              viewBox={`0 0 ${Math.max(1, counts.length)} 100`}
              preserveAspectRatio="none"
              aria-hidden="true"
              focusable="false"
            >
              <path d={barsPath(counts)} />
            </svg>
            <BrushSurface
              buckets={counts.length}
              onSelect={zoomTo}
              onCursor={setBucket}
              describe={(index) => plural(counts[index] ?? 0, 'event')}
            />
          </TimeLane>
          <TimeLabels />
        </>
      )}
    </figure>
  );
}

/** `30 s`, `5 min`, `1.5 h`. */
function formatStep(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds * 10) / 10} s`;
  return seconds < 5400 ? `${Math.round(seconds / 6) / 10} min` : `${Math.round(seconds / 360) / 10} h`;
}
