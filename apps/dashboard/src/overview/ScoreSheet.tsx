import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { ExceptionSummary } from '../api/types.ts';
import { BrushSurface } from '../charts/BrushSurface.tsx';
import { Sparkline } from '../charts/Sparkline.tsx';
import { TimeLabels, TimeLane, useTimeAxis } from '../charts/TimeAxis.tsx';
import { StatusWord } from '../components/StatusGlyph.tsx';
import { TimeAgo } from '../components/Time.tsx';
import { useElementWidth } from '../components/useElementWidth.ts';
import { keyToSegment } from '../exceptions/keySegment.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, formatDateTime } from '../time/format.ts';
import { clusterMarks } from './marks.ts';
import styles from './ScoreSheet.module.css';
import type { ServiceRow } from './serviceState.ts';

const MARK_PIXELS = 26;
const BUCKETS = 60;

/** One row per service and one lane of incidents above them, all on the page's time axis. */
export function ScoreSheet({
  rows,
  items,
}: {
  readonly rows: readonly ServiceRow[];
  readonly items: readonly ExceptionSummary[];
}) {
  return (
    <div className={styles['sheet']} role="table" aria-label="Services">
      <div role="rowgroup">
        <div role="row" className={styles['head']}>
          {['State', 'Service', 'Count', 'Kinds', 'New', 'Targets', 'Last'].map((label, index) => (
            <div key={label} role="columnheader" data-numeric={index >= 2} data-label={label}>
              {label}
            </div>
          ))}
          <div role="columnheader" className={styles['lane']}>
            <span className="visuallyHidden">Over time</span>
            <TimeLane>
              <TimeLabels />
            </TimeLane>
          </div>
        </div>
      </div>
      <div role="rowgroup">
        <IncidentLane items={items} />
        {rows.map((row) => (
          <Row key={row.summary.name} row={row} />
        ))}
      </div>
    </div>
  );
}

function Row({ row: { summary, tone, word, counts } }: { readonly row: ServiceRow }) {
  const { name, count, exceptions, newExceptions, targets, lastSeen } = summary;
  return (
    <div role="row" className={styles['row']}>
      <div role="cell" data-label="State">
        <StatusWord tone={tone} word={word} />
      </div>
      <div role="rowheader" data-label="Service">
        <Link to="/services/$svc" params={{ svc: name }} className={styles['name']}>
          {name}
        </Link>
      </div>
      <div role="cell" data-numeric="true" data-label="Count">
        {formatCount(count)}
      </div>
      <div role="cell" data-numeric="true" data-label="Kinds">
        {formatCount(exceptions)}
      </div>
      <div role="cell" data-numeric="true" data-label="New" data-strong={newExceptions > 0}>
        {newExceptions === 0 ? '·' : formatCount(newExceptions)}
      </div>
      <div role="cell" data-numeric="true" data-label="Targets" data-warn={targets.up < targets.total}>
        {targets.total === 0 ? '–' : `${targets.up}/${targets.total}`}
      </div>
      <div role="cell" data-numeric="true" data-label="Last">
        {lastSeen === null ? '–' : <TimeAgo at={lastSeen} suffix={false} />}
      </div>
      <div role="cell" className={styles['lane']}>
        <TimeLane className={styles['bars']}>
          <Sparkline counts={counts} />
        </TimeLane>
      </div>
    </div>
  );
}

/** First sights of exceptions as marks; a drag over the lane sets the window of the whole app. */
function IncidentLane({ items }: { readonly items: readonly ExceptionSummary[] }) {
  const { range, zone } = useTimeAxis();
  const { zoomTo } = useGlobalSearch();
  const place = useRef<HTMLDivElement>(null);
  const width = useElementWidth(place);
  const slots = Math.max(1, Math.floor(width / MARK_PIXELS));
  const marks = clusterMarks(items, (item) => Date.parse(item.firstSeen), range, slots);
  const total = marks.reduce((sum, { members }) => sum + members.length, 0);
  return (
    <div role="row" className={styles['row']} data-kind="incidents">
      <div role="rowheader" className={styles['incidents']}>
        New exceptions <span className="mono">{total}</span>
      </div>
      <div role="cell" className={styles['lane']} ref={place}>
        <TimeLane className={styles['strip']} chart>
          <BrushSurface buckets={BUCKETS} onSelect={zoomTo} />
          {marks.map(({ at, members }) => (
            <MarkLink
              key={members[0]!.id}
              at={at}
              members={members}
              time={formatDateTime(Date.parse(members[0]!.firstSeen), zone)}
            />
          ))}
        </TimeLane>
      </div>
    </div>
  );
}

function MarkLink({
  at,
  members,
  time,
}: {
  readonly at: number;
  readonly members: readonly ExceptionSummary[];
  readonly time: string;
}) {
  const first = members[0]!;
  const name = members.length === 1 ? `${first.class} in ${first.service}` : `${members.length} exceptions`;
  const label = `${name}, first seen ${time}`;
  const content = (
    <>
      <i />
      {members.length > 1 && <b>{members.length}</b>}
    </>
  );
  const shared = {
    className: styles['mark'],
    style: { left: `${at * 100}%` },
    'aria-label': label,
    title: label,
  };
  return members.length === 1 ? (
    <Link
      to="/exceptions/$svc/$key"
      params={{ svc: first.service, key: keyToSegment(first.key) }}
      {...shared}
    >
      {content}
    </Link>
  ) : (
    <Link
      to="/exceptions"
      search={{ q: `is:all first-seen:>${first.firstSeen}`, sort: '-firstSeen' }}
      {...shared}
    >
      {content}
    </Link>
  );
}
