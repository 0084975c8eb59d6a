import type { ReactNode } from 'react';
import { Panel } from '../components/Panel.tsx';
import { formatCount } from '../time/format.ts';
import { seriesStyles } from '../charts/seriesColours.ts';
import styles from './Shares.module.css';

/** How the occurrences are shared among versions, or instances. */
export function Shares({
  title,
  rows,
}: {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly count: number; readonly note: ReactNode }[];
}) {
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const colours = seriesStyles(rows.map((row) => row.name));
  return (
    <Panel title={title} aside={`${rows.length}`}>
      {rows.length === 0 && <p>None known.</p>}
      <ul className={styles['list']}>
        {rows.map(({ name, count, note }) => {
          const share = total === 0 ? 0 : count / total;
          return (
            <li key={name}>
              <div className={styles['line']}>
                <b>{name}</b>
                <span>{formatCount(count)}</span>
                <span className={styles['percent']}>{Math.round(share * 100)} %</span>
              </div>
              <div className={styles['track']}>
                <i
                  style={{
                    width: `${share * 100}%`,
                    background: title === 'Versions' ? colours.get(name)?.colour : undefined,
                  }}
                />
              </div>
              <small>{note}</small>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
