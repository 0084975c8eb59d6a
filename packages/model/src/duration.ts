/** A text that is not a duration. */
export class DurationError extends Error {
  readonly code = 'MODEL_BAD_DURATION';
}

const UNITS: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
];

const PATTERN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** Go keeps a duration in 63 bits of nanoseconds; Prometheus refuses anything longer. */
const MAX_MS = Math.floor(2 ** 63 / 1e6);

/**
 * Milliseconds of a Prometheus duration: `1h30m`, `15s`, `2d`, `0`. Units go from large to small, each at
 * most once. Throws DurationError.
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const match = text === '' ? null : PATTERN.exec(text);
  if (match === null) {
    throw new DurationError(`expected a duration such as 30s, 5m or 1h30m, found ${JSON.stringify(text)}`);
  }
  let totalMs = 0;
  for (const [index, [, unitMs]] of UNITS.entries()) totalMs += Number(match[index + 1] ?? 0) * unitMs;
  if (totalMs > MAX_MS) throw new DurationError(`expected a duration of less than 292 years, found ${text}`);
  return totalMs;
}

/**
 * The shortest text of a duration in milliseconds, as Prometheus prints it: years, weeks and days only when
 * they divide it evenly.
 */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = Math.abs(durationMs);
  let text = durationMs < 0 ? '-' : '';
  for (const [unit, unitMs] of UNITS) {
    if (unitMs >= 86_400_000 && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs;
  }
  return text;
}
