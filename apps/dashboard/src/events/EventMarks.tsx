import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { StoredEvent } from '../api/eventTypes.ts';
import { BrushSurface } from '../charts/BrushSurface.tsx';
import { TimeLabels, TimeLane, useTimeAxis } from '../charts/TimeAxis.tsx';
import { useElementWidth } from '../components/useElementWidth.ts';
import { clusterMarks, type Mark } from '../overview/marks.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatDateTime, plural } from '../time/format.ts';
import { EventGlyph } from './EventGlyph.tsx';
import { eventSummary } from './eventText.ts';
import styles from './EventMarks.module.css';
import { timeOf, toneOf } from './platformEvents.ts';

const MARK_PIXELS = 26;
const BUCKETS = 60;

/** One row of marks on the time axis. */
export interface EventLane {
  readonly name: string;
  readonly events: readonly StoredEvent[];
}

/** Lanes of events on the page's time axis; each mark leads to its event. A drag sets the window of the whole app. */
export function EventMarks({
  lanes,
  label,
}: {
  readonly lanes: readonly EventLane[];
  readonly label: string;
}) {
  return (
    <div className={styles['lanes']} role="table" aria-label={label}>
      <div role="rowgroup">
        {lanes.map((lane, index) => (
          <Lane key={lane.name} lane={lane} hasBrush={index === 0} />
        ))}
      </div>
      <div className={styles['labels']}>
        <TimeLane>
          <TimeLabels />
        </TimeLane>
      </div>
    </div>
  );
}

function Lane({
  lane: { name, events },
  hasBrush,
}: {
  readonly lane: EventLane;
  readonly hasBrush: boolean;
}) {
  const { range } = useTimeAxis();
  const { zoomTo } = useGlobalSearch();
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const slots = Math.max(1, Math.floor(width / MARK_PIXELS));
  const marks = clusterMarks(events, timeOf, range, slots);
  const total = marks.reduce((sum, { members }) => sum + members.length, 0);
  return (
    <div role="row" className={styles['row']}>
      <div role="rowheader" className={styles['name']}>
        {name} <span className="mono">{total}</span>
      </div>
      <div role="cell" className={styles['lane']} ref={place}>
        <TimeLane className={styles['strip']} chart>
          {hasBrush && <BrushSurface buckets={BUCKETS} onSelect={zoomTo} />}
          {marks.map((mark) => (
            <MarkLink key={mark.members[0]!.offset} mark={mark} />
          ))}
        </TimeLane>
      </div>
    </div>
  );
}

function MarkLink({ mark: { at, members } }: { readonly mark: Mark<StoredEvent> }) {
  const { zone } = useTimeAxis();
  // Of several, the one that matters most: a failure before a recovery.
  const shown = members.find(({ event }) => toneOf(event.type) === 'error') ?? members[0]!;
  const { event, offset } = shown;
  const more = members.length > 1 ? `, and ${plural(members.length - 1, 'more event')}` : '';
  const label = `${event.type}: ${eventSummary(event)}, ${formatDateTime(timeOf(shown), zone)}${more}`;
  return (
    <Link
      to="/events/$stream"
      params={{ stream: event.type }}
      search={{ sel: offset, seek: `offset:${offset}` }}
      className={styles['mark']}
      style={{ left: `${at * 100}%` }}
      aria-label={label}
      title={label}
    >
      <EventGlyph type={event.type} />
      {members.length > 1 && <b>{members.length}</b>}
    </Link>
  );
}
