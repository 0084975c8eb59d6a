import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { StoredEvent } from '../api/eventTypes.ts';
import { Button } from '../components/Button.tsx';
import { StatusGlyph } from '../components/StatusGlyph.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { usePreferences } from '../theme/preferences.ts';
import { formatBothZones, formatCount, formatDate, formatClock, plural } from '../time/format.ts';
import type { TimeZone } from '../time/calendar.ts';
import styles from './EventGrid.module.css';
import { dataText, eventSummary } from './eventText.ts';
import type { LogRows } from './logRows.ts';
import { timeOf } from './platformEvents.ts';
import { indexOfOffset, useLogScroll } from './useLogScroll.ts';

const ROW_HEIGHTS = { compact: 24, default: 28, comfy: 36 } as const;
const SHOWN_SUMMARY = 400;

/** The rows of a stream, oldest at the top, in a box that loads more at both ends and keeps the reader's place. */
export function EventGrid({
  stream,
  rows,
  generation,
  startsAt,
  selected,
  failure,
  onGrow,
  onRetry,
  onReading,
  onNewest,
}: {
  readonly stream: string;
  readonly rows: LogRows;
  readonly generation: unknown;
  readonly startsAt: 'top' | 'bottom';
  /** Offset of the event that is open. */
  readonly selected: number | undefined;
  readonly failure: Error | null;
  readonly onGrow: (direction: 'older' | 'newer') => void;
  readonly onRetry: () => void;
  /** Tells whether the reader is away from the newest row. */
  readonly onReading: (isReading: boolean) => void;
  readonly onNewest: () => void;
}) {
  const { zone } = useGlobalSearch();
  const { density } = usePreferences();
  const height = ROW_HEIGHTS[density];
  const box = useRef<HTMLDivElement>(null);
  const { events, before, after, liveFrom } = rows;
  const at = selected === undefined ? -1 : events.findIndex(({ offset }) => offset === selected);
  const { first, last, follows, seen, toBottom, reveal } = useLogScroll(box, {
    events,
    height,
    generation,
    startAt: at >= 0 ? Math.max(0, at - 3) : startsAt === 'top' ? 0 : 'bottom',
    onNearEnd: (end) => {
      if (failure !== null) return;
      if (end === 'top' && before !== null) onGrow('older');
      if (end === 'bottom' && after !== null) onGrow('newer');
    },
  });
  const follow = after === null && follows;
  useEffect(() => {
    onReading(!follow);
  }, [onReading, follow]);
  useEffect(() => {
    if (at >= 0) reveal(at);
    // oxlint-disable-next-line react/exhaustive-deps -- when another event is opened, not when rows join
  }, [selected]);
  const unseen = liveFrom === null ? 0 : events.length - indexOfOffset(events, Math.max(seen, liveFrom) + 1);
  return (
    <div className={styles['frame']}>
      <div
        className={styles['grid']}
        role="grid"
        aria-label={`Events of ${stream}`}
        aria-rowcount={before === null && after === null ? events.length + 1 : -1}
      >
        <div role="rowgroup">
          <div role="row" aria-rowindex={1} className={styles['head']}>
            <div role="columnheader">Time</div>
            <div role="columnheader">Offset</div>
            <div role="columnheader">Key</div>
            <div role="columnheader">Event</div>
          </div>
        </div>
        <div ref={box} role="rowgroup" className={styles['box']} tabIndex={0} aria-label="Rows">
          <div role="presentation" className={styles['rows']} style={{ height: events.length * height }}>
            {events.slice(first, last).map((stored, index) => (
              <Row
                key={stored.offset}
                stored={stored}
                stream={stream}
                zone={zone}
                index={first + index}
                height={height}
                isSelected={stored.offset === selected}
              />
            ))}
          </div>
        </div>
      </div>
      <div className={styles['foot']}>
        <span role="status">
          {before === null ? 'From the beginning of the window' : 'More above'} ·{' '}
          {plural(events.length, 'row')} · {after === null ? 'up to the newest' : 'more below'}
        </span>
        {failure !== null && (
          <span className={styles['failure']} role="alert">
            <StatusGlyph tone="error" /> {failure.message}
            <Button look="quiet" icon="refresh" onClick={onRetry}>
              Retry
            </Button>
          </span>
        )}
      </div>
      {unseen > 0 && (
        <Button look="primary" className={styles['pill']} onClick={after === null ? toBottom : onNewest}>
          {formatCount(unseen)}
          {after === null ? '' : '+'} new
        </Button>
      )}
    </div>
  );
}

function Row({
  stored,
  stream,
  zone,
  index,
  height,
  isSelected,
}: {
  readonly stored: StoredEvent;
  readonly stream: string;
  readonly zone: TimeZone;
  readonly index: number;
  readonly height: number;
  readonly isSelected: boolean;
}) {
  const { event, offset } = stored;
  const ms = timeOf(stored);
  return (
    <div
      role="row"
      className={styles['row']}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={{ height, transform: `translateY(${index * height}px)` }}
    >
      <div role="gridcell">
        <time dateTime={new Date(ms).toISOString()} title={formatBothZones(ms)}>
          <i>{formatDate(ms, zone).slice(5)} </i>
          {formatClock(ms, zone)}
          <i>.{String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}</i>
        </time>
      </div>
      <div role="gridcell">{offset}</div>
      <div role="gridcell">{keyOf(stored)}</div>
      <div role="gridcell">
        <Link
          to="/events/$stream"
          params={{ stream }}
          search={(before) => ({ ...before, sel: offset })}
          resetScroll={false}
          preload={false}
          className={styles['link']}
        >
          {eventSummary(event).slice(0, SHOWN_SUMMARY) || '(no data)'}
        </Link>
      </div>
    </div>
  );
}

/** What the event is about: its partition key, else its subject, else the service of its data. */
function keyOf({ event }: StoredEvent): string {
  return event.partitionkey ?? event.subject ?? dataText(event, 'service') ?? '';
}
