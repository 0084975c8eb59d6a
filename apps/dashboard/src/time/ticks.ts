import { startOf, type TimeZone } from './calendar.ts';
import type { Range } from './timeRange.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
]; // prettier-ignore

/** Round times inside the window, at most `limit` of them, evenly spaced. */
export function timeTicks(range: Range, limit: number, zone: TimeZone): number[] {
  const span = range.to - range.from;
  const step = STEPS.find((candidate) => span / candidate <= limit) ?? Math.ceil(span / limit / DAY) * DAY;
  const origin = startOf(range.from, 'd', zone);
  const ticks: number[] = [];
  const first = origin + Math.ceil((range.from - origin) / step) * step;
  for (let at = first; at <= range.to && ticks.length < limit; at += step) ticks.push(at);
  return ticks;
}

/** Where an instant stands in the window, 0 to 1; outside the window it is below 0 or above 1. */
export function fractionOf(range: Range, ms: number): number {
  return (ms - range.from) / (range.to - range.from);
}
