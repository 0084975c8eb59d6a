import { useSyncExternalStore } from 'react';
import type { TimeZone } from '../time/calendar.ts';
import { formatBothZones, formatDateTime, formatSpan } from '../time/format.ts';

const TICK_MS = 5000;
let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The time now, renewed every few seconds for everything on the screen at once. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

/** How long ago something was: `22 min ago`. Hover shows the instant in both zones. */
export function TimeAgo({ at, suffix = true }: { readonly at: string; readonly suffix?: boolean }) {
  const ms = Date.parse(at);
  const ago = useNow() - ms;
  return (
    <time dateTime={at} title={formatBothZones(ms)}>
      {ago < 1000 ? 'now' : `${formatSpan(ago)}${suffix ? ' ago' : ''}`}
    </time>
  );
}

/** An instant: `2026-01-15 14:02:11`. Hover shows it in both zones. */
export function Instant({ at, zone }: { readonly at: string; readonly zone: TimeZone }) {
  const ms = Date.parse(at);
  return (
    <time dateTime={at} title={formatBothZones(ms)}>
      {formatDateTime(ms, zone)}
    </time>
  );
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}
