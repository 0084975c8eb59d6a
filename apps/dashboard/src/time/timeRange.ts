import { startOf, type TimeZone } from './calendar.ts';

/** The two ends of the window as they stand in the URL: `now-1h`, `now/d`, RFC 3339 or epoch milliseconds. */
export interface RangeText {
  readonly from: string;
  readonly to: string;
}

/** A window in epoch milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export const DEFAULT_RANGE: RangeText = { from: 'now-1h', to: 'now' };

export const QUICK_RANGES = ['5m', '15m', '1h', '3h', '6h', '12h', '24h', '2d', '7d', '30d'] as const;

const UNIT_MS = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 } as const;
type Unit = keyof typeof UNIT_MS;

const RELATIVE = /^now(?:([+-])(\d{1,6})([smhdw]))?(?:\/([hdwM]))?$/;

/** Epoch milliseconds of one end of a window, or null when the text is not a time. */
export function resolveInstant(text: string, nowMs: number, zone: TimeZone): number | null {
  const relative = RELATIVE.exec(text);
  if (relative !== null) {
    const [, sign, amount, unit, rounding] = relative;
    const offset =
      amount === undefined ? 0 : Number(amount) * UNIT_MS[unit as Unit] * (sign === '-' ? -1 : 1);
    const shifted = nowMs + offset;
    return rounding === undefined ? shifted : startOf(shifted, rounding as 'h' | 'd' | 'w' | 'M', zone);
  }
  if (/^\d{12,14}$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\dT/.test(text) ? numberOrNull(Date.parse(text)) : null;
}

/** The window in milliseconds. Ends that make no sense, or are the wrong way round, give the last hour. */
export function resolveRange(text: RangeText, nowMs: number, zone: TimeZone): Range {
  const from = resolveInstant(text.from, nowMs, zone);
  const to = resolveInstant(text.to, nowMs, zone);
  if (from === null || to === null || from >= to) return { from: nowMs - 36e5, to: nowMs };
  return { from, to };
}

export function isRelative(text: RangeText): boolean {
  return text.from.startsWith('now') || text.to.startsWith('now');
}

/** The same window with both ends as absolute times. */
export function freeze(range: Range): RangeText {
  return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
}

/** The window moved by half of its length: -1 is back in time, 1 is forward (never past now). */
export function shift(range: Range, direction: -1 | 1, nowMs: number): RangeText {
  const length = range.to - range.from;
  const to = Math.min(range.to + (direction * length) / 2, Math.max(nowMs, range.to));
  return freeze({ from: Math.round(to - length), to: Math.round(to) });
}

/** A window of twice the length around the same middle; a window that ends now keeps ending now. */
export function zoomOut(text: RangeText, range: Range, nowMs: number): RangeText {
  const length = range.to - range.from;
  const last = /^now-(\d+)([smhdw])$/.exec(text.from);
  if (text.to === 'now' && last !== null) return { from: `now-${Number(last[1]) * 2}${last[2]}`, to: 'now' };
  const to = Math.min(range.to + length / 2, Math.max(nowMs, range.to));
  return freeze({ from: Math.round(to - 2 * length), to: Math.round(to) });
}

/** How the window is named on the picker: "Last 6 h", "2026-01-15 14:02 – 15:02". */
export function describeRange(text: RangeText, format: (ms: number, withDate: boolean) => string): string {
  const last = /^now-(\d+)([smhdw])$/.exec(text.from);
  if (text.to === 'now' && last !== null) return `Last ${last[1]} ${last[2] === 'm' ? 'min' : last[2]}`;
  const from = resolveInstant(text.from, 0, 'utc');
  const to = resolveInstant(text.to, 0, 'utc');
  if (isRelative(text) || from === null || to === null) return `${text.from} – ${text.to}`;
  const sameDay = format(from, true).slice(0, 10) === format(to, true).slice(0, 10);
  return `${format(from, true)} – ${format(to, !sameDay)}`;
}

function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
