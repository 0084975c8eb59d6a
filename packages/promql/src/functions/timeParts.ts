/** Parts of a time in seconds, in UTC, by function name. */
export const TIME_PARTS: ReadonlyMap<string, (seconds: number) => number> = new Map([
  ['minute', part((date) => date.getUTCMinutes())],
  ['hour', part((date) => date.getUTCHours())],
  ['day_of_month', part((date) => date.getUTCDate())],
  ['day_of_week', part((date) => date.getUTCDay())],
  ['day_of_year', part(dayOfYear)],
  [
    'days_in_month',
    part((date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  ],
  ['month', part((date) => date.getUTCMonth() + 1)],
  ['year', part((date) => date.getUTCFullYear())],
]);

/** Whole seconds; times beyond what a Date can hold have no parts. */
function part(of: (date: Date) => number): (seconds: number) => number {
  return (seconds) => of(new Date(Math.trunc(seconds) * 1000));
}

function dayOfYear(date: Date): number {
  const newYear = Date.UTC(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - newYear) / 86_400_000) + 1;
}
