import { general } from './printf.ts';

const LARGE = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];
const LARGE_BINARY = ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'];
const SMALL = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];

/** Four digits and a metric prefix. */
export function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  return Math.abs(value) >= 1 ? large(value, 1000, LARGE) : small(value);
}

/** As `humanize`, with a base of 1024 and no prefixes for fractions. */
export function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return significant(value);
  return large(value, 1024, LARGE_BINARY);
}

/** Seconds as `1d 2h 3m 4s`, and below a second with a metric prefix. */
export function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return significant(seconds);
  if (seconds === 0) return '0s';
  const size = Math.abs(seconds);
  if (size < 1) return `${small(seconds)}s`;
  if (size < 60) return `${significant(seconds)}s`;
  const sign = seconds < 0 ? '-' : '';
  const whole = Math.floor(size);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${whole % 60}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${whole % 60}s`;
  return `${sign}${minutes}m ${whole % 60}s`;
}

/** Go's %.4g. */
export function significant(value: number): string {
  return general(value, 4);
}

function large(value: number, base: number, prefixes: readonly string[]): string {
  let rest = value;
  let at = 0;
  while (Math.abs(rest) >= base && at < prefixes.length - 1) {
    rest /= base;
    at++;
  }
  return significant(rest) + prefixes[at]!;
}

function small(value: number): string {
  let rest = value;
  let at = 0;
  while (Math.abs(rest) < 1 && at < SMALL.length - 1) {
    rest *= 1000;
    at++;
  }
  return significant(rest) + SMALL[at]!;
}
