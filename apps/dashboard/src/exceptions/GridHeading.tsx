import type { ExceptionSort } from '../api/types.ts';
import { TimeLabels, TimeLane } from '../charts/TimeAxis.tsx';
import type { Column } from './columns.ts';
import styles from './ExceptionGrid.module.css';

/** The heading of one column: its name, the sort button, the time axis, or the box that selects all. */
export function GridHeading({
  column,
  sort,
  allMarked,
  onSort,
  onMarkAll,
}: {
  readonly column: Column;
  readonly sort: ExceptionSort;
  readonly allMarked: boolean;
  readonly onSort: (sort: ExceptionSort) => void;
  readonly onMarkAll: () => void;
}) {
  const at = column.sorts.indexOf(sort);
  const ariaSort =
    at < 0
      ? column.sorts.length > 0
        ? 'none'
        : undefined
      : sort.startsWith('-')
        ? 'descending'
        : 'ascending';
  return (
    <div
      role="columnheader"
      aria-sort={ariaSort}
      className={styles['heading']}
      data-column={column.name}
      data-numeric={column.numeric ?? false}
    >
      {column.name === 'select' ? (
        <label className={styles['mark']}>
          <input type="checkbox" aria-label="Select all loaded" checked={allMarked} onChange={onMarkAll} />
        </label>
      ) : column.name === 'trend' ? (
        <TimeLane>
          <span className="visuallyHidden">Occurrences over time</span>
          <TimeLabels />
        </TimeLane>
      ) : column.sorts.length > 0 ? (
        <button type="button" onClick={() => onSort(column.sorts[(at + 1) % column.sorts.length]!)}>
          {column.label}
        </button>
      ) : (
        column.label
      )}
    </div>
  );
}
