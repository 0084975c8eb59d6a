import type { ExceptionSort } from '../api/types.ts';

export type ColumnName =
  | 'select' | 'status' | 'exception' | 'service' | 'trend' | 'count' | 'delta' | 'first' | 'last' | 'versions'; // prettier-ignore

/** How much room the list has; decides which columns it shows and whether a row has two lines. */
export type ListLayout = 'wide' | 'middle' | 'narrow';

export interface Column {
  readonly name: ColumnName;
  readonly label: string;
  readonly width: string;
  /** Clicking the heading sorts by these, in turn. */
  readonly sorts: readonly ExceptionSort[];
  readonly layouts: readonly ListLayout[];
  readonly numeric?: boolean;
}

export const COLUMNS: readonly Column[] = [
  { name: 'select', label: 'Select', width: '24px', sorts: [], layouts: ['wide', 'middle'] },
  { name: 'status', label: 'Status', width: '84px', sorts: [], layouts: ['wide', 'middle', 'narrow'] },
  {
    name: 'exception',
    label: 'Exception',
    width: 'minmax(180px, 1fr)',
    sorts: [],
    layouts: ['wide', 'middle', 'narrow'],
  },
  { name: 'service', label: 'Service', width: '72px', sorts: [], layouts: ['wide', 'middle', 'narrow'] },
  {
    name: 'trend',
    label: 'Occurrences',
    width: 'clamp(120px, 17%, 240px)',
    sorts: [],
    layouts: ['wide', 'middle', 'narrow'],
  },
  {
    name: 'count',
    label: 'Count',
    width: '56px',
    sorts: ['-count'],
    layouts: ['wide', 'middle', 'narrow'],
    numeric: true,
  },
  { name: 'delta', label: 'Change', width: '68px', sorts: ['-delta'], layouts: ['wide'], numeric: true },
  { name: 'first', label: 'First', width: '56px', sorts: ['-firstSeen'], layouts: ['wide'], numeric: true },
  {
    name: 'last',
    label: 'Last',
    width: '56px',
    sorts: ['-lastSeen', 'lastSeen'],
    layouts: ['wide', 'middle', 'narrow'],
    numeric: true,
  },
  { name: 'versions', label: 'Versions', width: '92px', sorts: [], layouts: ['wide'] },
];

/** Columns for the room there is. */
export function columnsFor(layout: ListLayout, withoutService: boolean): readonly Column[] {
  return COLUMNS.filter(
    (column) => column.layouts.includes(layout) && !(withoutService && column.name === 'service'),
  );
}

export function layoutFor(width: number): ListLayout {
  if (width >= 1020) return 'wide';
  return width >= 620 ? 'middle' : 'narrow';
}
