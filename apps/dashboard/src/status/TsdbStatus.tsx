import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { tsdbQuery } from '../api/metricQueries.ts';
import type { CountedName } from '../api/metricTypes.ts';
import { Panel } from '../components/Panel.tsx';
import { QueryView } from '../components/States.tsx';
import table from '../components/table.module.css';
import { quote } from '../metrics/labels.ts';
import { formatCount } from '../time/format.ts';
import styles from './StatusPage.module.css';

/** What the storage holds, and which names and labels it is mostly made of. */
export function TsdbStatus() {
  const options = tsdbQuery();
  const query = useQuery(options);
  return (
    <QueryView query={query} queryKeys={[options.queryKey]} what="storage">
      {({ data }) => (
        <div className={styles['grid']}>
          <Counts
            title="Head"
            unit="Value"
            rows={Object.entries(data.headStats).map(([name, value]) => ({ name, value }))}
          />
          <Counts
            title="Series by metric"
            unit="Series"
            rows={data.seriesCountByMetricName}
            link={({ name }) => seriesLink(`{__name__=${quote(name)}}`, name)}
          />
          <Counts
            title="Series by label and value"
            unit="Series"
            rows={data.seriesCountByLabelValuePair}
            link={({ name }) => {
              const [label, ...value] = name.split('=');
              return seriesLink(`count by (__name__) ({${label}=${quote(value.join('='))}})`, name);
            }}
          />
          <Counts title="Values by label" unit="Values" rows={data.labelValueCountByLabelName} />
          <Counts title="Memory by label" unit="Bytes" rows={data.memoryInBytesByLabelName} />
        </div>
      )}
    </QueryView>
  );
}

function seriesLink(expr: string, name: string): ReactNode {
  return (
    <Link to="/metrics" search={{ 'p0.expr': expr }}>
      {name}
    </Link>
  );
}

function Counts({
  title,
  unit,
  rows,
  link = ({ name }) => name,
}: {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly CountedName[] | null;
  readonly link?: (row: CountedName) => ReactNode;
}) {
  return (
    <Panel title={title} flush>
      <div className={table['scroll']} tabIndex={0} role="region" aria-label={`Table: ${title}`}>
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" data-numeric="true">
                {unit}
              </th>
            </tr>
          </thead>
          <tbody>
            {(rows ?? []).map((row) => (
              <tr key={row.name}>
                <th scope="row" className="mono">
                  {link(row)}
                </th>
                <td data-numeric="true" title={String(row.value)}>
                  {formatCount(row.value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
