import { parseDuration, parseGoFloat } from '@binnacle/model';
import type { Token } from './token.ts';

/** The value of a number or duration token, a duration in seconds. Undefined when it is out of range. */
export function numberValue(token: Token): number | undefined {
  if (token.type === 'duration') {
    try {
      return parseDuration(token.text) / 1000;
    } catch {
      return undefined;
    }
  }
  const text = token.text.replaceAll('_', '');
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
  return parseGoFloat(text);
}

/** Whole milliseconds of a duration in seconds, by way of whole nanoseconds as Go counts them. */
export function secondsToMs(seconds: number): number {
  return Math.trunc(Math.round(seconds * 1e9) / 1e6);
}

/** The longest duration that fits 63 bits of nanoseconds, in seconds. */
export const MAX_DURATION_SECONDS = 2 ** 63 / 1e9;
