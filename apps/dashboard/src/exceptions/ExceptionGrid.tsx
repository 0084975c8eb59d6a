import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type CSSProperties } from 'react';
import type { ExceptionSort, ExceptionSummary } from '../api/types.ts';
import { useElementWidth, useMediaQuery } from '../components/useElementWidth.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { usePreferences } from '../theme/preferences.ts';
import { useExceptionActions } from './actions.ts';
import { BulkBar } from './BulkBar.tsx';
import { columnsFor, layoutFor } from './columns.ts';
import { GridHeading } from './GridHeading.tsx';
import { ExceptionRow } from './ExceptionRow.tsx';
import { keyToSegment } from './keySegment.ts';
import { MuteDialog } from './MuteDialog.tsx';
import { Preview } from './Preview.tsx';
import { useListCursor } from './useListCursor.ts';
import { useVirtualRows } from './useVirtualRows.ts';
import styles from './ExceptionGrid.module.css';

const ROW_HEIGHTS = { compact: 24, default: 28, comfy: 36 } as const;
const NARROW_ROW = 68;

/** The rows, drawn only where the window shows them, with a cursor, a selection and what the keyboard does with them. */
export function ExceptionGrid({
  items,
  total,
  sort,
  selected,
  withoutService,
  onCursor,
  onSort,
  onEnd,
}: {
  readonly items: readonly ExceptionSummary[];
  readonly total: number;
  readonly sort: ExceptionSort;
  /** Id of the row with the cursor, from the address. */
  readonly selected: string | undefined;
  readonly withoutService: boolean;
  readonly onCursor: (id: string) => void;
  readonly onSort: (sort: ExceptionSort) => void;
  readonly onEnd: () => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const layout = layoutFor(useElementWidth(place));
  const roomForPreview = useMediaQuery('(min-width: 1440px)');
  const { density } = usePreferences();
  const height = layout === 'narrow' ? NARROW_ROW : ROW_HEIGHTS[density];
  const columns = columnsFor(layout, withoutService);
  const navigate = useNavigate();
  const act = useExceptionActions();

  const { cursor, setCursor, moveTo } = useListCursor(selected, onCursor);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [muting, setMuting] = useState<readonly ExceptionSummary[] | null>(null);
  const at = items.findIndex((item) => item.id === cursor);
  const current = items[at];
  const chosen = items.filter((item) => marked.has(item.id));
  const subjects = chosen.length > 0 ? chosen : current === undefined ? [] : [current];

  const { rows, totalHeight, topOf, reveal } = useVirtualRows(place, items.length, height, onEnd);

  const goTo = (index: number): void => {
    const target = Math.min(items.length - 1, Math.max(0, index));
    moveTo(items[target]!.id);
    reveal(target);
  };
  const toggle = (id: string): void => {
    const next = new Set(marked);
    if (!next.delete(id)) next.add(id);
    setMarked(next);
  };
  const open = (): void => {
    if (current === undefined) return;
    void navigate({
      to: '/exceptions/$svc/$key',
      params: { svc: current.service, key: keyToSegment(current.key) },
    });
  };
  const settle = (action: 'resolve' | 'reopen'): void => {
    void act(subjects, action);
    setMarked(new Set());
  };
  const allResolved = subjects.length > 0 && subjects.every((item) => item.status === 'resolved');
  useShortcuts([
    { keys: 'j', label: 'Next row', run: () => goTo(at + 1) },
    { keys: 'k', label: 'Previous row', run: () => goTo(at < 0 ? 0 : at - 1) },
    { keys: 'ArrowDown', label: 'Next row', run: () => goTo(at + 1) },
    { keys: 'ArrowUp', label: 'Previous row', run: () => goTo(at < 0 ? 0 : at - 1) },
    { keys: 'Enter', label: 'Open', run: open },
    { keys: 'o', label: 'Open', run: open },
    { keys: 'x', label: 'Select', run: () => current !== undefined && toggle(current.id) },
    { keys: 'e', label: 'Resolve, or reopen', run: () => settle(allResolved ? 'reopen' : 'resolve') },
    { keys: 's', label: 'Mute', run: () => subjects.length > 0 && setMuting(subjects) },
  ]);

  return (
    <div className={styles['layout']} data-preview={roomForPreview}>
      <div ref={place} className={styles['place']}>
        <div
          className={styles['grid']}
          role="grid"
          aria-label="Exceptions"
          aria-rowcount={total + 1}
          aria-multiselectable="true"
          data-layout={layout}
          style={{ '--columns': columns.map((column) => column.width).join(' ') } as CSSProperties}
        >
          <div role="rowgroup" className={styles['head']}>
            <div role="row" aria-rowindex={1} className={styles['headRow']}>
              {columns.map((column) => (
                <GridHeading
                  key={column.name}
                  column={column}
                  sort={sort}
                  allMarked={chosen.length === items.length}
                  onSort={onSort}
                  onMarkAll={() =>
                    setMarked(
                      chosen.length === items.length ? new Set() : new Set(items.map((item) => item.id)),
                    )
                  }
                />
              ))}
            </div>
          </div>
          <div role="rowgroup" className={styles['rows']} style={{ height: totalHeight }}>
            {rows.map((row) => {
              const { index } = row;
              const item = items[index]!;
              return (
                <ExceptionRow
                  key={item.id}
                  item={item}
                  index={index}
                  columns={columns}
                  layout={layout}
                  top={topOf(row)}
                  height={height}
                  isCurrent={item.id === cursor}
                  isFocusable={item.id === cursor || (at < 0 && index === 0)}
                  isMarked={marked.has(item.id)}
                  onMark={() => toggle(item.id)}
                  onPoint={() => setCursor(item.id)}
                />
              );
            })}
          </div>
        </div>
        {chosen.length > 0 && (
          <BulkBar
            chosen={chosen}
            onResolve={() => settle(allResolved ? 'reopen' : 'resolve')}
            onMute={() => setMuting(chosen)}
            onClear={() => setMarked(new Set())}
          />
        )}
      </div>
      {roomForPreview && <Preview item={current} onMute={(item) => setMuting([item])} />}
      {muting !== null && (
        <MuteDialog
          items={muting}
          onClose={() => setMuting(null)}
          onMute={(mute) => {
            void act(muting, 'mute', mute);
            setMuting(null);
            setMarked(new Set());
          }}
        />
      )}
    </div>
  );
}
