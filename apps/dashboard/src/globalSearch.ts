import { DEFAULT_RANGE, resolveInstant, type RangeText } from './time/timeRange.ts';
import type { TimeZone } from './time/calendar.ts';

export const REFRESH_CHOICES = ['off', '5s', '15s', '30s', '1m', '5m'] as const;
export type Refresh = (typeof REFRESH_CHOICES)[number];

/** Search parameters of every page. A parameter with its default value is left out of the address. */
export interface GlobalSearch {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly refresh?: Exclude<Refresh, 'off'> | undefined;
  readonly tz?: 'utc' | undefined;
}

export const GLOBAL_NAMES = [
  'from',
  'to',
  'refresh',
  'tz',
] as const satisfies readonly (keyof GlobalSearch)[];

/** Keeps what makes sense; a broken value falls back to the default rather than to an error page. */
export function validateGlobalSearch(search: Record<string, unknown>): GlobalSearch {
  const from = asInstant(search['from']);
  const to = asInstant(search['to']);
  const refresh = REFRESH_CHOICES.find((choice) => choice === search['refresh']);
  return {
    ...(from === null || from === DEFAULT_RANGE.from ? {} : { from }),
    ...(to === null || to === DEFAULT_RANGE.to ? {} : { to }),
    ...(refresh === undefined || refresh === 'off' ? {} : { refresh }),
    ...(search['tz'] === 'utc' ? { tz: 'utc' } : {}),
  };
}

export function rangeOf(search: GlobalSearch): RangeText {
  return { from: search.from ?? DEFAULT_RANGE.from, to: search.to ?? DEFAULT_RANGE.to };
}

export function zoneOf(search: GlobalSearch): TimeZone {
  return search.tz ?? 'local';
}

export function refreshMs(refresh: Refresh | undefined): number | null {
  if (refresh === undefined || refresh === 'off') return null;
  return Number.parseInt(refresh, 10) * (refresh.endsWith('m') ? 60_000 : 1000);
}

function asInstant(value: unknown): string | null {
  return typeof value === 'string' && resolveInstant(value, 0, 'utc') !== null ? value : null;
}
