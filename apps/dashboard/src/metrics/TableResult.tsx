import { useQuery } from '@tanstack/react-query';
import { instantQuery } from '../api/metricQueries.ts';
import { Button } from '../components/Button.tsx';
import table from '../components/table.module.css';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, plural } from '../time/format.ts';
import { KeptView } from './KeptView.tsx';
import { tableOf, toCsv, type ResultTable } from './tableRows.ts';
import styles from './Explore.module.css';

/** Rows that are drawn; the CSV has all of them. */
const MOST_ROWS = 500;

/** The values of an expression at the end of the window. */
export function TableResult({
  label,
  expr,
  onError,
}: {
  readonly label: string;
  readonly expr: string;
  readonly onError: (error: Error | null) => void;
}) {
  const { window } = useGlobalSearch();
  const options = instantQuery(expr, window);
  const query = useQuery(options);
  return (
    <KeptView query={query} queryKey={options.queryKey} onError={onError}>
      {({ data }) => <Rows label={label} result={tableOf(data)} />}
    </KeptView>
  );
}

function Rows({ label, result }: { readonly label: string; readonly result: ResultTable }) {
  const { names, rows } = result;
  if (rows.length === 0) return <p className={styles['hint']}>Nothing has this name and these labels now.</p>;
  return (
    <>
      <div className={styles['facts']}>
        <span>
          {plural(rows.length, 'row')}
          {rows.length > MOST_ROWS && `, the first ${formatCount(MOST_ROWS)} are shown`}
        </span>
        <Button look="quiet" icon="download" onClick={() => download(`${label}.csv`, toCsv(result))}>
          CSV
        </Button>
      </div>
      <div className={table['scroll']} tabIndex={0} role="region" aria-label={`Result of ${label}`}>
        <table className={`${table['table']} ${styles['rows']}`}>
          <thead>
            <tr>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col" data-numeric="true">
                value
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map(({ labels, value }, index) => (
              <tr key={index}>
                {names.map((name) => (
                  <td key={name}>{labels[name]}</td>
                ))}
                <td data-numeric="true">{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
