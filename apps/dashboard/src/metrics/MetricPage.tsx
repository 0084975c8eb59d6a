import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { MOST_SERIES, seriesOfQuery } from '../api/metricQueries.ts';
import type { Labels } from '../api/metricTypes.ts';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import table from '../components/table.module.css';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, plural } from '../time/format.ts';
import { automaticQuery, selectorOf, type CatalogEntry } from './catalog.ts';
import { GraphResult } from './GraphResult.tsx';
import { useCatalog } from './useCatalog.ts';
import styles from './Catalog.module.css';

const route = getRouteApi('/metrics/catalog/$name');
const SHOWN_VALUES = 8;

/** One metric: what it is, a first graph of it, and the labels of its series. */
export function MetricPage() {
  const { name } = route.useParams();
  const { query, queryKey } = useCatalog();
  usePageTitle(name);
  return (
    <>
      <PageHead title={name} actions={<Link to="/metrics/catalog">Catalog of metrics</Link>} />
      <QueryView query={query} queryKeys={[queryKey]} what="metrics">
        {(entries) => {
          const entry = entries.find((one) => one.name === name || one.seriesNames.includes(name));
          return entry === undefined ? (
            <EmptyState title="No such metric">
              <p>No series has this name now.</p>
            </EmptyState>
          ) : (
            <Metric entry={entry} />
          );
        }}
      </QueryView>
    </>
  );
}

function Metric({ entry }: { readonly entry: CatalogEntry }) {
  const expr = automaticQuery(entry);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  return (
    <div className={styles['stack']}>
      <dl className={styles['facts']}>
        <dt>Type</dt>
        <dd>{entry.type}</dd>
        <dt>Help</dt>
        <dd>{entry.help || 'none given'}</dd>
        {entry.unit !== '' && (
          <>
            <dt>Unit</dt>
            <dd>{entry.unit}</dd>
          </>
        )}
      </dl>
      <Panel
        title="Graph"
        flush
        aside={
          <Link to="/metrics" search={{ 'p0.expr': expr, 'p0.view': 'graph' }}>
            Open in Explore
          </Link>
        }
      >
        <code className={styles['expr']}>{expr}</code>
        <GraphResult label={entry.name} expr={expr} hidden={hidden} onHide={setHidden} onError={ignore} />
      </Panel>
      <LabelTable entry={entry} />
    </div>
  );
}

function LabelTable({ entry }: { readonly entry: CatalogEntry }) {
  const { window } = useGlobalSearch();
  const options = seriesOfQuery(selectorOf(entry), window);
  const query = useQuery(options);
  return (
    <Panel title="Labels" flush>
      <QueryView query={query} queryKeys={[options.queryKey]} what="labels">
        {({ data }) => (
          <>
            <p className={styles['note']}>
              {plural(data.length, 'series', 'series')} in this window
              {data.length >= MOST_SERIES && ' or more; these were looked at'}
            </p>
            <div className={table['scroll']} tabIndex={0} role="region" aria-label="Table of labels">
              <table className={table['table']}>
                <thead>
                  <tr>
                    <th scope="col">Label</th>
                    <th scope="col" data-numeric="true">
                      Values
                    </th>
                    <th scope="col">Most frequent</th>
                  </tr>
                </thead>
                <tbody>
                  {labelShares(data).map(({ label, values }) => (
                    <tr key={label}>
                      <th scope="row">{label}</th>
                      <td data-numeric="true">{formatCount(values.length)}</td>
                      <td>
                        <code>
                          {values
                            .slice(0, SHOWN_VALUES)
                            .map(([value, count]) => `${value} (${formatCount(count)})`)
                            .join(', ')}
                        </code>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </QueryView>
    </Panel>
  );
}

/** Values of each label with their number of series, the most frequent first. */
function labelShares(series: readonly Labels[]): {
  readonly label: string;
  readonly values: readonly (readonly [string, number])[];
}[] {
  const counts = new Map<string, Map<string, number>>();
  for (const labels of series) {
    for (const [label, value] of Object.entries(labels)) {
      const values = counts.get(label) ?? new Map<string, number>();
      counts.set(label, values.set(value, (values.get(value) ?? 0) + 1));
    }
  }
  return [...counts]
    .filter(([label]) => label !== '__name__')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, values]) => ({ label, values: [...values].sort(([, a], [, b]) => b - a) }));
}

const ignore = (): void => undefined;
