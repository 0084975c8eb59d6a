import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { seriesQuery } from '../api/queries.ts';
import type { ExceptionDetail, SeriesAnswer } from '../api/types.ts';
import { BrushSurface } from '../charts/BrushSurface.tsx';
import { seriesStyles } from '../charts/seriesColours.ts';
import { TimeLabels, TimeLane, useTimeAxis } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { QueryView } from '../components/States.tsx';
import { deploysOf } from '../events/platformEvents.ts';
import { usePlatformEvents } from '../events/usePlatformEvents.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatClock, formatCount, formatDateTime } from '../time/format.ts';
import { fractionOf } from '../time/ticks.ts';
import { fitToRange, graphSentence, type FittedSeries } from './graphData.ts';
import styles from './OccurrencesGraph.module.css';

const HEIGHT = 100;
/** Flags closer than this part of the window are one. */
const SAME_MOMENT = 0.01;

/**
 * Occurrences over the window, stacked by version, with the first sight of the exception and the deploys of its service
 * marked; where no deploy is known, the first sight of each version.
 */
export function OccurrencesGraph({ id, detail }: { readonly id: string; readonly detail: ExceptionDetail }) {
  const { window } = useGlobalSearch();
  const options = seriesQuery(id, window);
  const query = useQuery(options);
  return (
    <QueryView query={query} queryKeys={[options.queryKey]} what="the graph" rows={5}>
      {(answer) => <Graph answer={answer} detail={detail} />}
    </QueryView>
  );
}

function Graph({ answer, detail }: { readonly answer: SeriesAnswer; readonly detail: ExceptionDetail }) {
  const { range, zone } = useTimeAxis();
  const { zoomTo } = useGlobalSearch();
  const [bucket, setBucket] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);
  const fitted = fitToRange(answer, range);
  const styleOf = seriesStyles(fitted.series.map(({ version }) => version));
  const sums = fitted.starts.map((_, index) =>
    fitted.series.reduce((sum, { counts }) => sum + counts[index]!, 0),
  );
  const highest = Math.max(...sums, 1);
  const timeOf = (index: number): string => formatDateTime(fitted.starts[index]!, zone);
  const describe = (index: number): string =>
    fitted.series
      .filter(({ counts }) => counts[index]! > 0)
      .map(({ version, counts }) => `${version || '(no version)'} ${formatCount(counts[index]!)}`)
      .join(', ') || 'none';

  return (
    <figure
      className={styles['figure']}
      role="figure"
      aria-label={graphSentence(fitted, (ms) => formatClock(ms, zone, false))}
    >
      <div className={styles['legend']}>
        <ul aria-label="Versions">
          {fitted.series.map(({ version, total }) => (
            <li key={version}>
              <i style={{ background: styleOf.get(version)!.colour }} />
              {version || '(no version)'} <small>{formatCount(total)}</small>
            </li>
          ))}
        </ul>
        <span className={styles['readout']} aria-hidden="true">
          {bucket === null
            ? `peak ${formatCount(highest)} per ${stepName(fitted.stepMs)}`
            : `${timeOf(bucket).slice(11)}  ${describe(bucket)}`}
        </span>
        <Button look="quiet" icon="table" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          Table
        </Button>
      </div>
      {asTable ? (
        <GraphTable fitted={fitted} sums={sums} timeOf={timeOf} />
      ) : (
        <>
          <TimeLane className={styles['plot']} chart>
            <svg viewBox={`0 0 1 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
              {fitted.series.map(({ version, counts }, at) => (
                <path
                  key={version}
                  fill={styleOf.get(version)!.colour}
                  d={stackPath(fitted, counts, at, highest)}
                />
              ))}
            </svg>
            <Flags detail={detail} />
            <BrushSurface
              buckets={fitted.starts.length}
              onSelect={zoomTo}
              onCursor={setBucket}
              describe={describe}
            />
          </TimeLane>
          <TimeLabels />
        </>
      )}
    </figure>
  );
}

/** Bars of one series, standing on the series before it. */
function stackPath(
  { starts, stepMs, series, range }: FittedSeries,
  counts: readonly number[],
  at: number,
  highest: number,
): string {
  let path = '';
  counts.forEach((count, index) => {
    if (count === 0) return;
    const below = series.slice(0, at).reduce((sum, other) => sum + other.counts[index]!, 0);
    const left = Math.max(0, fractionOf(range, starts[index]! + stepMs * 0.08));
    const right = Math.min(1, fractionOf(range, starts[index]! + stepMs * 0.92));
    const bottom = HEIGHT - (below / highest) * (HEIGHT - 4);
    const top = Math.min(bottom - 1, HEIGHT - ((below + count) / highest) * (HEIGHT - 4));
    path += `M${left} ${bottom}V${top}H${right}V${bottom}z`;
  });
  return path;
}

function Flags({ detail }: { readonly detail: ExceptionDetail }) {
  const { range } = useTimeAxis();
  const first = fractionOf(range, Date.parse(detail.firstSeen));
  const isInside = (at: number): boolean => at > 0 && at < 1;
  const { query } = usePlatformEvents(detail.service);
  const deploys = deploysOf(query.data?.events ?? [])
    .map(({ version, atMs }) => ({ version, at: fractionOf(range, atMs) }))
    .filter(({ at }) => isInside(at));
  // Where the deploy itself is known, it stands for the first sight of its version.
  const versions = detail.byVersion
    .map(({ version, firstSeen }) => ({ version, at: fractionOf(range, Date.parse(firstSeen)) }))
    .filter(({ version, at }) => version !== '' && isInside(at))
    .filter(({ version }) => deploys.every((deploy) => deploy.version !== version));
  const began = versions.find(({ at }) => Math.abs(at - first) < SAME_MOMENT);
  return (
    <>
      {deploys.map(({ version, at }) => (
        <span
          key={`deploy ${version} ${at}`}
          className={styles['flag']}
          data-kind="deploy"
          data-side={at > 0.8 ? 'left' : 'right'}
          style={{ left: `${at * 100}%` }}
        >
          <b>◆ deploy {version}</b>
        </span>
      ))}
      {versions
        .filter((one) => one !== began)
        .map(({ version, at }) => (
          <span
            key={version}
            className={styles['flag']}
            data-kind="version"
            data-side={at > 0.8 ? 'left' : 'right'}
            style={{ left: `${at * 100}%` }}
          >
            <b>◆ {version}</b>
          </span>
        ))}
      {isInside(first) && (
        <span
          className={styles['flag']}
          data-kind="first"
          data-side={first > 0.8 ? 'left' : 'right'}
          style={{ left: `${first * 100}%` }}
        >
          <b>⚑ first seen{began !== undefined && ` in ${began.version}`}</b>
        </span>
      )}
    </>
  );
}

function GraphTable({
  fitted,
  sums,
  timeOf,
}: {
  readonly fitted: FittedSeries;
  readonly sums: readonly number[];
  readonly timeOf: (index: number) => string;
}) {
  return (
    <div className={styles['tableBox']} tabIndex={0} role="region" aria-label="Occurrences as a table">
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            {fitted.series.map(({ version }) => (
              <th key={version} scope="col">
                {version || '(no version)'}
              </th>
            ))}
            <th scope="col">All</th>
          </tr>
        </thead>
        <tbody>
          {fitted.starts.map((start, index) => (
            <tr key={start}>
              <th scope="row">{timeOf(index)}</th>
              {fitted.series.map(({ version, counts }) => (
                <td key={version}>{formatCount(counts[index]!)}</td>
              ))}
              <td>{formatCount(sums[index]!)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function stepName(stepMs: number): string {
  if (stepMs < 60_000) return `${stepMs / 1000} s`;
  return stepMs < 3_600_000 ? `${Math.round(stepMs / 60_000)} min` : `${Math.round(stepMs / 360_000) / 10} h`;
}
