/** Parts of a time in seconds, in UTC, by function name. */
export const TIME_PARTS: ReadonlyMap<string, (seconds: number) => number> = new Map([
  ['minute', (seconds: number) => within(seconds, 3600, 60)],
  ['hour', (seconds: number) => within(seconds, 86_400, 3600)],
  ['day_of_month', (seconds: number) => dateOf(seconds).getUTCDate()],
  ['day_of_week', (seconds: number) => dateOf(seconds).getUTCDay()],
  ['day_of_year', (seconds: number) => dayOfYear(dateOf(seconds))],
  ['days_in_month', (seconds: number) => daysInMonth(dateOf(seconds))],
  ['month', (seconds: number) => dateOf(seconds).getUTCMonth() + 1],
  ['year', (seconds: number) => dateOf(seconds).getUTCFullYear() + 400 * cyclesOf(seconds)],
]);

/** The calendar repeats after 400 years, which are whole weeks. */
const CYCLE_SECONDS = 146_097 * 86_400;
/** Beyond this Date has no answer (it has up to 8.64e12 seconds). */
const MAX_DATE_SECONDS = 8e12;

/**
 * Whole seconds as Go converts a float to an integer of 64 bits: what does not fit, NaN included, becomes the least
 * integer, which Go's calendar takes for its positive counterpart.
 */
function wholeSeconds(seconds: number): number {
  return Math.abs(seconds) < 2 ** 63 ? Math.trunc(seconds) : 2 ** 63;
}

/** Cycles of the calendar to take away so that a Date can hold the rest. */
function cyclesOf(seconds: number): number {
  const whole = wholeSeconds(seconds);
  return Math.abs(whole) < MAX_DATE_SECONDS ? 0 : Number(floorDivide(BigInt(whole), BigInt(CYCLE_SECONDS)));
}

function dateOf(seconds: number): Date {
  const whole = wholeSeconds(seconds);
  if (Math.abs(whole) < MAX_DATE_SECONDS) return new Date(whole * 1000);
  const rest = BigInt(whole) - BigInt(cyclesOf(seconds)) * BigInt(CYCLE_SECONDS);
  return new Date(Number(rest) * 1000);
}

/** How many `unit`s of seconds have gone in the current `span`. */
function within(seconds: number, span: number, unit: number): number {
  const whole = BigInt(wholeSeconds(seconds));
  const size = BigInt(span);
  return Math.floor(Number(whole - floorDivide(whole, size) * size) / unit);
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return quotient * b > a ? quotient - 1n : quotient;
}

function dayOfYear(date: Date): number {
  const newYear = new Date(date.getTime());
  newYear.setUTCMonth(0, 1);
  newYear.setUTCHours(0, 0, 0, 0);
  return Math.floor((date.getTime() - newYear.getTime()) / 86_400_000) + 1;
}

function daysInMonth(date: Date): number {
  const last = new Date(date.getTime());
  last.setUTCMonth(date.getUTCMonth() + 1, 0);
  return last.getUTCDate();
}
