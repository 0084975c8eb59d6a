/**
 * True when a counter started anew between two samples, by the time at which each says it started (0: unknown). A
 * start at exactly the sample before is one for delta series, whose sample before had a start of its own.
 */
export function isStartReset(previousStart: number, previousMs: number, start: number, ms: number): boolean {
  if (start === 0 || start >= ms || start < previousMs) return false;
  if (start > previousMs) return true;
  if (previousStart > previousMs) return false;
  return previousStart !== 0 && previousStart !== previousMs;
}

/** True when a sample claims to have started before the previous one was taken, without being its continuation. */
export function startOverlaps(previousStart: number, previousMs: number, start: number): boolean {
  return start !== 0 && start < previousMs && start !== previousStart;
}
