/** Where a wall clock stands: the browser's zone, or UTC. */
export type TimeZone = 'local' | 'utc';

interface Clock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
}

/** Start of the hour, day, ISO week or month that holds `ms`. */
export function startOf(ms: number, unit: 'h' | 'd' | 'w' | 'M', zone: TimeZone): number {
  const { year, month, day, weekday, hour } = clockOf(ms, zone);
  if (unit === 'h') return wallTime(zone, year, month, day, hour);
  if (unit === 'd') return wallTime(zone, year, month, day);
  if (unit === 'w') return wallTime(zone, year, month, day - ((weekday + 6) % 7));
  return wallTime(zone, year, month, 1);
}

/** Epoch milliseconds of a wall clock reading. Days outside the month carry over, as in `Date`. */
export function wallTime(
  zone: TimeZone,
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
): number {
  return zone === 'utc'
    ? Date.UTC(year, month, day, hour, minute, second)
    : new Date(year, month, day, hour, minute, second).getTime();
}

/** The wall clock reading at `ms`; months count from 0, weekdays from Sunday = 0. */
export function clockOf(ms: number, zone: TimeZone): Clock {
  const date = new Date(ms);
  return zone === 'utc'
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        weekday: date.getUTCDay(),
        hour: date.getUTCHours(),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth(),
        day: date.getDate(),
        weekday: date.getDay(),
        hour: date.getHours(),
      };
}
