import { Link } from '@tanstack/react-router';
import table from '../components/table.module.css';
import { Instant } from '../components/Time.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { EventGlyph } from './EventGlyph.tsx';
import styles from './EventTable.module.css';
import type { EventTableRow } from './tableRows.ts';

/** Events of several types as a table, in the order given. */
export function EventTable({
  rows,
  label,
}: {
  readonly rows: readonly EventTableRow[];
  readonly label: string;
}) {
  const { zone } = useGlobalSearch();
  const withKeys = rows.some(({ keys }) => keys.length > 0);
  return (
    <div className={table['scroll']} tabIndex={0} role="region" aria-label={label}>
      <table className={`${table['table']} ${styles['table']}`}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Type</th>
            <th scope="col">Event</th>
            {withKeys && <th scope="col">In</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, atMs, type, summary, offset, keys }) => (
            <tr key={id}>
              <td className="mono">
                {atMs !== null && <Instant at={new Date(atMs).toISOString()} zone={zone} />}
              </td>
              <td className={styles['type']}>
                <EventGlyph type={type} /> {type}
              </td>
              <th scope="row" className={styles['summary']}>
                {offset === null ? (
                  summary
                ) : (
                  <Link
                    to="/events/$stream"
                    params={{ stream: type }}
                    search={{ sel: offset, seek: `offset:${offset}` }}
                  >
                    {summary}
                  </Link>
                )}
              </th>
              {withKeys && <td className={styles['keys']}>{keys.join(', ')}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
