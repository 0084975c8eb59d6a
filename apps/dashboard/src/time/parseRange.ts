import { clockOf, wallTime, type TimeZone } from './calendar.ts';
import { resolveInstant, type RangeText } from './timeRange.ts';

const DURATION = /^(?:last\s+)?(\d{1,6})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)$/;
const STAMP = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g;
const DAY_AND_CLOCK =
  /^(?:(today|yesterday|\d{4}-\d\d-\d\d)(?:\s+|$))?(?:at\s+)?(?:(\d{1,2}):(\d\d)(?::(\d\d))?)?$/;

/**
 * Reads what a person types into the time picker: `6h`, `last 2 days`, `now-2d/d`, `yesterday`,
 * `yesterday 14:00 to 15:30`, `14:00 - 15:00`, two time stamps pasted together, one time stamp (until now).
 * Null when it is none of these, or when the end is not after the start.
 */
export function parseRange(input: string, nowMs: number, zone: TimeZone): RangeText | null {
  const text = input.trim().replaceAll(/\s+/g, ' ');
  const lower = text.toLowerCase();
  const duration = DURATION.exec(lower);
  if (duration !== null)
    return Number(duration[1]) > 0 ? { from: `now-${duration[1]}${duration[2]![0]}`, to: 'now' } : null;

  const stamps = text.match(STAMP);
  if (
    stamps !== null &&
    stamps.length <= 2 &&
    /^[\s,;/–—-]*(?:to|until)?[\s,;/–—-]*$/i.test(text.replaceAll(STAMP, ''))
  ) {
    return ordered(
      readStamp(stamps[0], zone),
      stamps[1] === undefined ? nowMs : readStamp(stamps[1], zone),
      stamps[1] === undefined,
    );
  }
  if (lower === 'yesterday' || lower === 'today') return wholeDay(lower, nowMs, zone);

  const [left, right, ...rest] = text.split(/\s+(?:to|until|–|—|-)\s+/i);
  if (left === undefined || rest.length > 0) return null;
  if (left.startsWith('now') && (right === undefined || right.startsWith('now'))) {
    return relative(left, right ?? 'now', nowMs, zone);
  }
  const from = readDayAndClock(left, nowMs, nowMs, zone);
  if (from === null) return null;
  if (right === undefined) return ordered(from, nowMs, true);
  return ordered(from, readDayAndClock(right, from, nowMs, zone), right === 'now');
}

function relative(from: string, to: string, nowMs: number, zone: TimeZone): RangeText | null {
  const start = resolveInstant(from, nowMs, zone);
  const end = resolveInstant(to, nowMs, zone);
  return start === null || end === null || start >= end ? null : { from, to };
}

function ordered(from: number | null, to: number | null, untilNow: boolean): RangeText | null {
  if (from === null || to === null || !(from < to)) return null;
  return { from: new Date(from).toISOString(), to: untilNow ? 'now' : new Date(to).toISOString() };
}

function wholeDay(day: 'today' | 'yesterday', nowMs: number, zone: TimeZone): RangeText {
  if (day === 'today') return { from: 'now/d', to: 'now' };
  const { year, month, day: date } = clockOf(nowMs, zone);
  return {
    from: new Date(wallTime(zone, year, month, date - 1)).toISOString(),
    to: new Date(wallTime(zone, year, month, date)).toISOString(),
  };
}

/** `yesterday 14:00`, `2026-01-15`, `14:00`; a clock alone stands on the day of `dayOf`. */
function readDayAndClock(text: string, dayOf: number, nowMs: number, zone: TimeZone): number | null {
  if (text.toLowerCase() === 'now') return nowMs;
  const match = DAY_AND_CLOCK.exec(text.toLowerCase());
  if (match === null || text === '') return null;
  const [, day, hour = '0', minute = '0', second = '0'] = match;
  if (Number(hour) > 24 || Number(minute) > 59 || Number(second) > 59) return null;
  const clock = [Number(hour), Number(minute), Number(second)] as const;
  if (day !== undefined && /^\d/.test(day)) {
    const [year, month, date] = day.split('-').map(Number) as [number, number, number];
    return wallTime(zone, year, month - 1, date, ...clock);
  }
  const base = clockOf(day === undefined ? dayOf : nowMs, zone);
  return wallTime(zone, base.year, base.month, base.day - (day === 'yesterday' ? 1 : 0), ...clock);
}

function readStamp(text: string, zone: TimeZone): number | null {
  const iso = text.replace(' ', 'T');
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/.test(iso);
  const value = Date.parse(hasZone || zone === 'local' ? iso : `${iso}Z`);
  return Number.isNaN(value) ? null : value;
}
