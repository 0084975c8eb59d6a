import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { StoredEvent } from '../api/eventTypes.ts';

/** Rows drawn beyond those that show, above and below. */
const OVERSCAN = 10;
/** So many rows before an end, the next page is asked for. */
const AHEAD = 30;

export interface LogScroll {
  /** The rows to draw: from, and up to but without. */
  readonly first: number;
  readonly last: number;
  /** True while the newest row shows: what comes then scrolls in. */
  readonly follows: boolean;
  /** Highest offset that has been on the screen. */
  readonly seen: number;
  readonly toBottom: () => void;
  readonly reveal: (index: number) => void;
}

/**
 * Scrolling of a log in a box of its own. Rows may join above and below: the one at the top of the box stays where it
 * is, except at the very bottom, where the box goes along with what comes.
 */
export function useLogScroll(
  box: RefObject<HTMLElement | null>,
  {
    events,
    height,
    generation,
    startAt,
    onNearEnd,
  }: {
    readonly events: readonly StoredEvent[];
    /** Of every row, in pixels. */
    readonly height: number;
    /** Changes when the rows are other rows, not more of them. */
    readonly generation: unknown;
    /** Index of the row to begin at, at the top; `bottom` for the last one, at the bottom. */
    readonly startAt: number | 'bottom';
    readonly onNearEnd: (end: 'top' | 'bottom') => void;
  },
): LogScroll {
  const [view, setView] = useState({ first: 0, last: 40, follows: startAt === 'bottom', seen: -1 });
  const place = useRef<{ generation: unknown; offset: number; delta: number; follows: boolean } | null>(null);

  const look = (): void => {
    const element = box.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const top = Math.floor(scrollTop / height);
    const bottom = Math.min(events.length, Math.ceil((scrollTop + clientHeight) / height));
    const follows = scrollTop + clientHeight >= scrollHeight - height / 2;
    const shown = events[Math.min(top, events.length - 1)];
    place.current = { generation, offset: shown?.offset ?? -1, delta: scrollTop - top * height, follows };
    // A row counts as seen when at least half of it was in the box.
    const lastSeen =
      events[Math.min(events.length, Math.round((scrollTop + clientHeight) / height)) - 1]?.offset ?? -1;
    setView((before) => {
      const next = {
        first: Math.max(0, top - OVERSCAN),
        last: Math.min(events.length, bottom + OVERSCAN),
        follows,
        seen: Math.max(before.seen, lastSeen),
      };
      const isSame =
        next.first === before.first &&
        next.last === before.last &&
        next.follows === before.follows &&
        next.seen === before.seen;
      return isSame ? before : next;
    });
    if (top < AHEAD) onNearEnd('top');
    if (bottom > events.length - AHEAD) onNearEnd('bottom');
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const before = place.current;
    if (before === null || before.generation !== generation) {
      element.scrollTop = startAt === 'bottom' ? element.scrollHeight : startAt * height;
    } else if (before.follows) element.scrollTop = element.scrollHeight;
    else {
      const index = indexOfOffset(events, before.offset);
      const top = index * height + before.delta;
      if (Math.abs(element.scrollTop - top) > 0.5) element.scrollTop = top;
    }
    look();
    // oxlint-disable-next-line react/exhaustive-deps -- runs when the rows change, and then only
  }, [events, height, generation]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    element.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      observer.disconnect();
    };
  });

  return {
    ...view,
    toBottom: () => box.current?.scrollTo({ top: box.current.scrollHeight }),
    reveal: (index) => {
      const element = box.current;
      if (element === null) return;
      const top = index * height;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + height > element.scrollTop + element.clientHeight) {
        element.scrollTop = top + height - element.clientHeight;
      }
    },
  };
}

/** Index of the first event at or after an offset; events stand in the order of their offsets. */
export function indexOfOffset(events: readonly StoredEvent[], offset: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.offset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
