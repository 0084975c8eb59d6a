import { Link } from '@tanstack/react-router';
import type { ExceptionSummary } from '../api/types.ts';
import { STATUS_TONE, STATUS_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { keyToSegment } from '../exceptions/keySegment.ts';
import { formatCount, formatDelta } from '../time/format.ts';
import styles from './ExceptionTable.module.css';

/** A few exceptions, one line each. */
export function ExceptionTable({
  items,
  empty,
}: {
  readonly items: readonly ExceptionSummary[];
  readonly empty: string;
}) {
  if (items.length === 0) return <p className={styles['empty']}>{empty}</p>;
  return (
    <ul className={styles['list']}>
      {items.map((item) => (
        <li key={item.id}>
          <StatusWord tone={STATUS_TONE[item.status]} word={STATUS_WORD[item.status]} />
          <span className={styles['what']}>
            <Link to="/exceptions/$svc/$key" params={{ svc: item.service, key: keyToSegment(item.key) }}>
              {item.class || '(no class)'}
            </Link>
            <span title={item.message}>{item.message}</span>
          </span>
          <span className={styles['service']}>{item.service}</span>
          <span className={styles['number']} title="in the window, against the window before">
            {formatCount(item.count)} <small>{formatDelta(item.count - item.previousCount)}</small>
          </span>
          <span className={styles['ago']}>
            <TimeAgo at={item.lastSeen} suffix={false} />
          </span>
        </li>
      ))}
    </ul>
  );
}
