import { ExceptionServerError } from '../errors.ts';
import { STATUSES, type Status } from '../lifecycle/status.ts';
import type { Filter } from '../queries/filter.ts';
import { fitWindow, type Window } from '../queries/window.ts';
import type { Dependencies } from './dependencies.ts';
import type { FilterQuery, WindowQuery } from './schemas.ts';

const HOUR_MS = 3_600_000;
const SHOWN: readonly Status[] = STATUSES.filter((status) => status !== 'resolved' && status !== 'muted');

/** The filter of a query string. */
export function filterOf(query: FilterQuery): Filter {
  return {
    words: (query.q ?? '').split(/\s+/).filter((word) => word !== ''),
    services: query.service ?? [],
    severities: query.severity ?? [],
    statuses: statusesOf(query.status),
    class: query.class,
    version: query.version,
    labels: (query.label ?? []).map(labelOf),
    firstSeenAfterMs: timeOf(query.firstSeenAfter),
    lastSeenAfterMs: timeOf(query.lastSeenAfter),
  };
}

/** The window of a query string: the last hour unless given. */
export function windowOf(
  query: WindowQuery & { stepSeconds?: number },
  { now, config }: Pick<Dependencies, 'now' | 'config'>,
  maxBuckets: number,
): Window {
  const nowMs = now();
  const toMs = timeOf(query.to) ?? nowMs + 1; // what happens now is in the window
  const fromMs = timeOf(query.from) ?? toMs - HOUR_MS;
  const minutesSinceMs = nowMs - config().retention.minutesMs;
  return fitWindow({ fromMs, toMs, stepSeconds: query.stepSeconds, maxBuckets, minutesSinceMs });
}

export function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

export function isoMs(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoMs(ms);
}

/** Milliseconds of a time that its schema has checked; undefined stays. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new ExceptionServerError(
    'EXCEPTIONS_BAD_REQUEST',
    `expected a time such as 2026-01-31T12:00:00Z, found ${text}`,
  );
}

function statusesOf(given: readonly (Status | 'all')[] | undefined): readonly Status[] {
  if (given === undefined || given.length === 0) return SHOWN;
  return given.includes('all') ? [] : (given as readonly Status[]);
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new ExceptionServerError(
    'EXCEPTIONS_BAD_REQUEST',
    `label: expected name=value, found ${JSON.stringify(text)}`,
  );
}
