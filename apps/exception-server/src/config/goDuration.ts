const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** A positive duration as Go writes it (`30s`, `1m30s`, `1.5h`), or Prometheus (`2d`). */
export const GO_DURATION_PATTERN = '^(?=.*[1-9])([0-9]+(\\.[0-9]+)?(ns|us|µs|μs|ms|s|m|h|d|w|y))+$';

/** Milliseconds, at least one, of a text that matches GO_DURATION_PATTERN. */
export function parseGoDuration(text: string): number {
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([0-9.]+)([a-zµμ]+)/g))
    ms += Number(number) * UNIT_MS[unit!]!;
  return Math.max(1, Math.round(ms));
}
