import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { gridOf, rangeQuery } from '../api/metricQueries.ts';
import { topExceptionsQuery, type WindowText } from '../api/queries.ts';
import { formatValue, toGraph } from '../charts/graphSeries.ts';
import { LineChart } from '../charts/LineChart.tsx';
import { TimeAxisScope, TimeLabels, TimeLane } from '../charts/TimeAxis.tsx';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import { useNow } from '../components/Time.tsx';
import { useElementWidth } from '../components/useElementWidth.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatDurationMs } from '../time/format.ts';
import { resolveRange } from '../time/timeRange.ts';
import { redQueries } from './redQueries.ts';
import { TopExceptions } from './TopExceptions.tsx';
import styles from './ServiceSummary.module.css';

const HEIGHT = 140;
const POINTS = 400;

/** Requests, errors, latency and the top exceptions of a service, one below the other on one time axis. */
export function ServiceSummary({ service }: { readonly service: string }) {
  const { window, zone } = useGlobalSearch();
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const points = width === 0 ? 0 : Math.min(POINTS, Math.round(width));
  const exceptions = topExceptionsQuery(service, window);
  const top = useQuery(exceptions);
  // The axis moves with the answers, not with the clock.
  const clock = useNow();
  const { from, to } = resolveRange(window, top.dataUpdatedAt || clock, zone);
  const range = useMemo(() => ({ from, to }), [from, to]);
  const queries = redQueries(service, gridOf({ from: 0, to: to - from }, Math.max(1, points)).stepMs);
  return (
    <TimeAxisScope range={range} zone={zone} ticks={7}>
      <div ref={place} className={styles['stack']}>
        <Panel title="Requests per second" flush>
          <RedChart
            label="Requests per second"
            expr={queries.rate}
            {...{ window, points }}
            colourOf={ofCode}
          />
        </Panel>
        <Panel title="Share of errors (5xx)" flush>
          <RedChart
            label="Share of errors"
            expr={queries.errors}
            {...{ window, points }}
            format={formatPercent}
            colourOf={ofErrors}
          />
        </Panel>
        <Panel title="Latency" flush>
          <RedChart label="Latency" expr={queries.latency} {...{ window, points }} format={formatLatency} />
        </Panel>
        <Panel title="Top exceptions" flush>
          <QueryView query={top} queryKeys={[exceptions.queryKey]} what="exceptions">
            {({ items }) => <TopExceptions items={items} />}
          </QueryView>
        </Panel>
        <div className={styles['axis']}>
          <TimeLane>
            <TimeLabels />
          </TimeLane>
        </div>
      </div>
    </TimeAxisScope>
  );
}

function RedChart({
  label,
  expr,
  window,
  points,
  format = formatValue,
  colourOf,
}: {
  readonly label: string;
  readonly expr: string;
  readonly window: WindowText;
  readonly points: number;
  readonly format?: (value: number) => string;
  readonly colourOf?: (name: string) => string | undefined;
}) {
  const { zoomTo } = useGlobalSearch();
  const options = rangeQuery(expr, window, points);
  const query = useQuery(options);
  const graph = useMemo(
    () => (query.data === undefined ? null : toGraph(query.data.data, query.data.grid)),
    [query.data],
  );
  return (
    <QueryView
      query={{ ...query, isFetching: query.isFetching || points === 0 }}
      queryKeys={[options.queryKey]}
      what={label.toLowerCase()}
      rows={4}
    >
      {() =>
        graph === null || graph.series.length === 0 ? (
          <EmptyState title="Nothing in this window">
            <p>
              No target of this service (label service, or job) exposed http_requests_total and
              http_request_duration_seconds.
            </p>
          </EmptyState>
        ) : (
          <LineChart
            label={label}
            graph={graph}
            height={HEIGHT}
            onSelect={zoomTo}
            format={format}
            fromZero
            {...(colourOf === undefined ? {} : { colourOf })}
          />
        )
      }
    </QueryView>
  );
}

const ofErrors = (): string => 'var(--error)';
const ofCode = (name: string): string | undefined => (name.includes('code="5') ? 'var(--error)' : undefined);
const formatPercent = (value: number): string => `${formatValue(value * 100)} %`;
const formatLatency = (seconds: number): string => formatDurationMs(seconds * 1000);
