import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import { useTimeAxis } from './TimeAxis.tsx';
import type { Range } from '../time/timeRange.ts';
import { formatDateTime } from '../time/format.ts';
import styles from './BrushSurface.module.css';

/** A drag shorter than this part of the surface is a click. */
const SMALLEST_DRAG = 0.01;

interface Selection {
  readonly anchor: number;
  readonly head: number;
}

/**
 * Covers a chart: a drag selects a stretch of time. From the keyboard: arrows move a cursor by one bucket, with Shift
 * they select, Enter goes to the selection, Escape lets go.
 */
export function BrushSurface({
  buckets,
  onSelect,
  onCursor,
  describe,
}: {
  readonly buckets: number;
  readonly onSelect: (range: Range) => void;
  /** The bucket under the pointer or the keyboard's cursor. */
  readonly onCursor?: (bucket: number | null) => void;
  /** What is at a bucket, for screen readers. */
  readonly describe?: (bucket: number) => string;
}) {
  const { range, zone } = useTimeAxis();
  const [selection, setSelection] = useState<Selection | null>(null);
  const [dragging, setDragging] = useState(false);
  const timeAt = (fraction: number): number => range.from + fraction * (range.to - range.from);
  const bucketAt = (fraction: number): number =>
    Math.min(buckets - 1, Math.max(0, Math.floor(fraction * buckets)));
  const commit = ({ anchor, head }: Selection): void => {
    setSelection(null);
    if (Math.abs(anchor - head) < SMALLEST_DRAG) return;
    onSelect({ from: timeAt(Math.min(anchor, head)), to: timeAt(Math.max(anchor, head)) });
  };

  const fraction = (event: PointerEvent): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragging(true);
    setSelection({ anchor: fraction(event), head: fraction(event) });
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = fraction(event);
    onCursor?.(bucketAt(at));
    if (dragging) setSelection((before) => before && { ...before, head: at });
  };
  const onPointerUp = (): void => {
    setDragging(false);
    if (selection !== null) commit(selection);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const before = selection ?? { anchor: 1, head: 1 };
      const head = Math.min(1, Math.max(0, Math.round(before.head * buckets + step) / buckets));
      setSelection({ anchor: event.shiftKey ? before.anchor : head, head });
      onCursor?.(bucketAt(head));
    } else if (event.key === 'Enter' && selection !== null) commit(selection);
    else if (event.key === 'Escape') setSelection(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const [start, end] =
    selection === null
      ? [0, 0]
      : [Math.min(selection.anchor, selection.head), Math.max(selection.anchor, selection.head)];
  const head = selection?.head ?? 1;
  const where = formatDateTime(timeAt(head), zone);
  return (
    <div
      className={styles['surface']}
      role="slider"
      tabIndex={0}
      aria-label="Time cursor. Shift with arrows selects, Enter zooms in"
      aria-valuemin={0}
      aria-valuemax={buckets}
      aria-valuenow={Math.round(head * buckets)}
      aria-valuetext={describe === undefined ? where : `${where}: ${describe(bucketAt(head))}`}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerLeave={() => onCursor?.(null)}
      onPointerCancel={() => {
        setDragging(false);
        setSelection(null);
      }}
      onKeyDown={onKeyDown}
      onBlur={() => setSelection(null)}
    >
      {selection !== null && (
        <div
          className={styles['selection']}
          style={{ left: `${start * 100}%`, width: `${(end - start) * 100}%` }}
        />
      )}
    </div>
  );
}
