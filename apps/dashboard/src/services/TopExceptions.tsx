import { Link } from '@tanstack/react-router';
import type { ExceptionSummary } from '../api/types.ts';
import { Sparkline } from '../charts/Sparkline.tsx';
import { TimeLane } from '../charts/TimeAxis.tsx';
import { STATUS_TONE, STATUS_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import { keyToSegment } from '../exceptions/keySegment.ts';
import { formatCount } from '../time/format.ts';
import styles from './ServiceSummary.module.css';

/** The most frequent exceptions of a service, each with its occurrences on the page's time axis. */
export function TopExceptions({ items }: { readonly items: readonly ExceptionSummary[] }) {
  if (items.length === 0) return <p className={styles['none']}>No exceptions in this window.</p>;
  return (
    <ul className={styles['top']}>
      {items.map((item) => (
        <li key={item.id}>
          <p className={styles['what']}>
            <StatusWord tone={STATUS_TONE[item.status]} word={STATUS_WORD[item.status]} />
            <Link to="/exceptions/$svc/$key" params={{ svc: item.service, key: keyToSegment(item.key) }}>
              {item.class || '(no class)'}
            </Link>
            <span title={item.message}>{item.message}</span>
            <b>{formatCount(item.count)}</b>
          </p>
          <TimeLane chart>
            <Sparkline counts={item.sparkline} tall />
          </TimeLane>
        </li>
      ))}
    </ul>
  );
}
