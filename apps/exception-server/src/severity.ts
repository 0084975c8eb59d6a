/**
 * Order of severities. Clients send `info`, `warning` and `error`; nothing stops them from sending others, so
 * the usual names have their usual place and unknown names stand between warning and error.
 */
const RANKS: Readonly<Record<string, number>> = {
  trace: 0,
  debug: 1,
  info: 2,
  notice: 3,
  warn: 4,
  warning: 4,
  error: 6,
  critical: 7,
  fatal: 8,
  panic: 9,
};
const UNKNOWN_RANK = 5;

/** Higher is worse. */
export function severityRank(severity: string): number {
  const rank = Object.hasOwn(RANKS, severity) ? RANKS[severity] : undefined;
  return rank ?? UNKNOWN_RANK;
}

/** The worse of two; equal ranks are settled by name, so that the order of arrival does not matter. */
export function maxSeverity(a: string, b: string): string {
  const difference = severityRank(a) - severityRank(b);
  if (difference !== 0) return difference > 0 ? a : b;
  return a <= b ? a : b;
}
