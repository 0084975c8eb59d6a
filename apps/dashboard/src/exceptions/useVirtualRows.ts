import { useWindowVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useState, type RefObject } from 'react';

export const HEAD_HEIGHT = 30;
/** Sticky bars cover this much of the window at its top and bottom. */
const COVERED = { top: 44 + HEAD_HEIGHT, bottom: 72 };
/** So many rows before the last one, the next page is asked for. */
const AHEAD = 20;

export interface VirtualRows {
  /** The rows that are drawn. */
  readonly rows: readonly VirtualItem[];
  readonly totalHeight: number;
  /** Distance of a row from the top of the list. */
  readonly topOf: (row: VirtualItem) => number;
  /** Scrolls as little as it takes to uncover a row. */
  readonly reveal: (index: number) => void;
}

/** Draws only the rows that the window shows, of a list that scrolls with the page. All rows are `height` pixels high. */
export function useVirtualRows(
  place: RefObject<HTMLElement | null>,
  count: number,
  height: number,
  onEnd: () => void,
): VirtualRows {
  const margin = useOffsetTop(place) + HEAD_HEIGHT;
  // oxlint-disable-next-line react/incompatible-library -- a warning for the React compiler, which is not used here
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: margin,
  });
  useEffect(() => virtual.measure(), [virtual, height]);
  const rows = virtual.getVirtualItems();
  const isNearEnd = count > 0 && (rows.at(-1)?.index ?? 0) >= count - AHEAD;
  useEffect(() => {
    if (isNearEnd) onEnd();
  });

  // The virtualizer's own scrollToIndex would fight a wheel that turns meanwhile.
  const reveal = (index: number): void => {
    const top = margin + index * height;
    const above = top - COVERED.top - window.scrollY;
    const below = top + height - (window.scrollY + window.innerHeight - COVERED.bottom);
    if (above < 0) window.scrollBy(0, above);
    else if (below > 0) window.scrollBy(0, below);
  };
  return { rows, totalHeight: virtual.getTotalSize(), topOf: ({ start }) => start - margin, reveal };
}

/** Distance of an element from the top of the page, kept current when what stands above it changes. */
function useOffsetTop(ref: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => {
      if (ref.current !== null) setTop(Math.round(ref.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [ref]);
  return top;
}
