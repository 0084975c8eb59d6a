import type { TimeZone } from './calendar.ts';

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `14:02:11` on a 24-hour clock. */
export function formatClock(ms: number, zone: TimeZone, withSeconds = true): string {
  const date = new Date(ms);
  const [hour, minute, second] =
    zone === 'utc'
      ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
      : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${pad(hour)}:${pad(minute)}${withSeconds ? `:${pad(second)}` : ''}`;
}

/** `2026-01-15`. */
export function formatDate(ms: number, zone: TimeZone): string {
  const date = new Date(ms);
  return zone === 'utc'
    ? `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`
    : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** `2026-01-15 14:02:11`. */
export function formatDateTime(ms: number, zone: TimeZone, withSeconds = true): string {
  return `${formatDate(ms, zone)} ${formatClock(ms, zone, withSeconds)}`;
}

/** The instant in the browser's zone and in UTC, for a tooltip. */
export function formatBothZones(ms: number): string {
  return `${formatDateTime(ms, 'local')} local · ${formatDateTime(ms, 'utc')} UTC`;
}

/** A span of time in its largest unit: `3 s`, `22 min`, `5 h`, `2 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A time on a chart axis: a clock inside two days, a date beyond. */
export function formatTick(ms: number, spanMs: number, zone: TimeZone): string {
  if (spanMs <= 5 * 60_000) return formatClock(ms, zone);
  if (spanMs <= 2 * 86_400_000) return formatClock(ms, zone, false);
  return formatDate(ms, zone).slice(5);
}

/** Whole numbers with grouping; a million and above is shortened (`1.24M`). */
export function formatCount(value: number): string {
  if (value < 1e6) return value.toLocaleString('en-US');
  const [scaled, unit] = value < 1e9 ? [value / 1e6, 'M'] : [value / 1e9, 'G'];
  return `${scaled.toPrecision(3)}${unit}`;
}

/** A change with its sign: `+380`, `−12`, `0`. */
export function formatDelta(value: number): string {
  if (value === 0) return '0';
  return `${value > 0 ? '+' : '−'}${formatCount(Math.abs(value))}`;
}

/** `18 ms`, `1.4 s`. */
export function formatDurationMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `1 target`, `3 targets`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
