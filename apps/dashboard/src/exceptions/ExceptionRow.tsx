import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ExceptionSummary } from '../api/types.ts';
import { Sparkline } from '../charts/Sparkline.tsx';
import { TimeLane } from '../charts/TimeAxis.tsx';
import { STATUS_TONE, STATUS_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { formatCount, formatDelta } from '../time/format.ts';
import type { Column, ColumnName, ListLayout } from './columns.ts';
import { keyToSegment } from './keySegment.ts';
import styles from './ExceptionGrid.module.css';

/** One exception of the list. */
export function ExceptionRow({
  item,
  index,
  columns,
  layout,
  top,
  height,
  isCurrent,
  isFocusable,
  isMarked,
  onMark,
  onPoint,
}: {
  readonly item: ExceptionSummary;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly layout: ListLayout;
  readonly top: number;
  readonly height: number;
  readonly isCurrent: boolean;
  /** One row of the list can be reached with Tab. */
  readonly isFocusable: boolean;
  readonly isMarked: boolean;
  readonly onMark: () => void;
  readonly onPoint: () => void;
}) {
  return (
    <div
      id={`row-${item.id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isMarked}
      aria-current={isCurrent || undefined}
      tabIndex={isFocusable ? 0 : -1}
      className={styles['row']}
      data-layout={layout}
      data-settled={item.status === 'resolved' || item.status === 'muted'}
      style={{ transform: `translateY(${top}px)`, height }}
      onClick={onPoint}
      onFocus={onPoint}
    >
      {columns.map(({ name, numeric }) => (
        <div
          key={name}
          role="gridcell"
          className={styles['cell']}
          data-column={name}
          data-numeric={numeric ?? false}
        >
          {name === 'select' ? (
            <label className={styles['mark']}>
              <input
                type="checkbox"
                tabIndex={-1}
                aria-label={`Select ${item.class}`}
                checked={isMarked}
                onChange={onMark}
              />
            </label>
          ) : (
            CELLS[name](item)
          )}
        </div>
      ))}
    </div>
  );
}

const CELLS: Record<Exclude<ColumnName, 'select'>, (item: ExceptionSummary) => ReactNode> = {
  status: ({ status }) => <StatusWord tone={STATUS_TONE[status]} word={STATUS_WORD[status]} />,
  exception: ({ class: name, message, severity, service, key, coverage }) => (
    <>
      <Link
        to="/exceptions/$svc/$key"
        params={{ svc: service, key: keyToSegment(key) }}
        className={styles['name']}
        title={name}
      >
        {name || '(no class)'}
      </Link>
      {severity !== 'error' && <span className={styles['severity']}>{severity}</span>}
      <span className={styles['message']} title={message}>
        {message}
      </span>
      {coverage.answered < coverage.total && (
        <span
          className={styles['coverage']}
          title={`${coverage.answered} of ${coverage.total} targets answered the last scrape`}
        >
          {coverage.answered}/{coverage.total}
        </span>
      )}
    </>
  ),
  service: ({ service }) => service,
  trend: ({ sparkline }) => (
    <TimeLane className={styles['trend']}>
      <Sparkline counts={sparkline} />
    </TimeLane>
  ),
  count: ({ count }) => formatCount(count),
  delta: ({ count, previousCount }) =>
    previousCount === 0 && count > 0 ? 'from 0' : formatDelta(count - previousCount),
  first: ({ firstSeen }) => <TimeAgo at={firstSeen} suffix={false} />,
  last: ({ lastSeen }) => <TimeAgo at={lastSeen} suffix={false} />,
  versions: ({ versions }) => (
    <span title={versions.join(', ')}>
      {versions[0] ?? ''}
      {versions.length > 1 && <small> +{versions.length - 1}</small>}
    </span>
  ),
};
