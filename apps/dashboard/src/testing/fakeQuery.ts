import type { ExceptionSummary, FacetValue } from '../api/types.ts';

export const BUCKETS = 60;
const SEVERITY_ORDER = ['fatal', 'error', 'warning', 'info'];

/** The window of a request, epoch milliseconds, cut into buckets of `step`. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export function windowOf(query: URLSearchParams): Window {
  const to = Date.parse(query.get('to') ?? new Date().toISOString());
  const from = Date.parse(query.get('from') ?? new Date(to - 3_600_000).toISOString());
  return { from, to, step: (to - from) / BUCKETS };
}

/** The order that `sort` names; equal ones by id. */
export function comparator(sort: string): (a: ExceptionSummary, b: ExceptionSummary) => number {
  const value: Record<string, (item: ExceptionSummary) => number> = {
    lastSeen: (item) => Date.parse(item.lastSeen),
    firstSeen: (item) => Date.parse(item.firstSeen),
    count: (item) => item.count,
    totalCount: (item) => item.totalCount,
    delta: (item) => item.count - item.previousCount,
    severity: (item) => SEVERITY_ORDER.indexOf(item.severity),
  };
  const read = value[sort.replace('-', '')]!;
  const direction = sort.startsWith('-') ? -1 : 1;
  return (a, b) => direction * (read(a) - read(b)) || a.id.localeCompare(b.id);
}

/** How often each value occurs, the most frequent first. */
export function tally(values: readonly string[]): FacetValue[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
}
