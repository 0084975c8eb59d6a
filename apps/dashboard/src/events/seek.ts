import type { TimeZone } from '../time/calendar.ts';
import { parseRange } from '../time/parseRange.ts';
import { resolveInstant } from '../time/timeRange.ts';

/** Where in a stream one begins to read. */
export type Seek =
  | { readonly kind: 'newest' }
  | { readonly kind: 'oldest' }
  /** RFC 3339. */
  | { readonly kind: 'time'; readonly at: string }
  | { readonly kind: 'offset'; readonly offset: number };

const NEWEST: Seek = { kind: 'newest' };

/** Reads `seek=` of an address: `oldest`, `ts:2026-01-15T14:40:00.000Z`, `offset:1207`; anything else is the newest. */
export function readSeek(text: string | undefined): Seek {
  if (text === 'oldest') return { kind: 'oldest' };
  const [, kind, value = ''] = /^(ts|offset):(.+)$/.exec(text ?? '') ?? [];
  if (kind === 'ts' && !Number.isNaN(Date.parse(value))) {
    return { kind: 'time', at: new Date(value).toISOString() };
  }
  if (kind === 'offset' && /^\d{1,15}$/.test(value)) return { kind: 'offset', offset: Number(value) };
  return NEWEST;
}

/** Writes `seek=`; undefined for the newest, which an address leaves out. */
export function printSeek(seek: Seek): string | undefined {
  if (seek.kind === 'newest') return undefined;
  if (seek.kind === 'oldest') return 'oldest';
  return seek.kind === 'time' ? `ts:${seek.at}` : `offset:${seek.offset}`;
}

/**
 * Reads what a person types into the seek box: `14:40`, `yesterday 9:00`, a time stamp, `2h` for two hours ago, `#1207`
 * or a whole number for an offset, `newest`, `oldest`. Null when it is none of these or lies ahead.
 */
export function parseSeek(input: string, nowMs: number, zone: TimeZone): Seek | null {
  const text = input.trim().toLowerCase();
  if (text === 'newest') return NEWEST;
  if (text === 'oldest') return { kind: 'oldest' };
  const offset = /^#?(\d{1,15})$/.exec(text)?.[1];
  if (offset !== undefined) return { kind: 'offset', offset: Number(offset) };
  const range = parseRange(input, nowMs, zone) ?? beforeMidnight(text, nowMs, zone);
  if (range === null || range.to !== 'now') return null;
  const at = resolveInstant(range.from, nowMs, zone);
  return at === null ? null : { kind: 'time', at: new Date(at).toISOString() };
}

/** A time of day that is still to come today is meant of yesterday: shortly after midnight `23:55` is five minutes ago. */
function beforeMidnight(text: string, nowMs: number, zone: TimeZone): ReturnType<typeof parseRange> {
  return /^\d{1,2}:\d{2}(?::\d{2})?$/.test(text) ? parseRange(`yesterday ${text}`, nowMs, zone) : null;
}
