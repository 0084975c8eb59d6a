import { useSyncExternalStore } from 'react';
import { overrideStatus } from '../exceptions/statusOverrides.ts';
import { CHANGES_URL } from './exceptionApi.ts';
import type { ExceptionChange } from './types.ts';

export type LiveState = 'connecting' | 'live' | 'lost';

/** What the stream has told since the page was opened. */
export interface LiveChanges {
  readonly state: LiveState;
  /** Exceptions that appeared or regressed, by id: when the browser heard of it, in epoch milliseconds. */
  readonly appeared: ReadonlyMap<string, { readonly at: number; readonly change: ExceptionChange }>;
  /** Exceptions with new occurrences, by id: when the browser last heard of one. */
  readonly counted: ReadonlyMap<string, number>;
  /** When the server last said that changes were missed; 0 for never. */
  readonly missedAt: number;
}

/** Oldest entries make room beyond this. */
const LIMIT = 2000;
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000] as const;

let live: LiveChanges = { state: 'connecting', appeared: new Map(), counted: new Map(), missedAt: 0 };
const listeners = new Set<() => void>();

export function useLiveChanges(): LiveChanges {
  return useSyncExternalStore(subscribe, () => live);
}

/** Keeps one connection to the stream of changes open, for the whole app. The answer closes it. */
export function connectChanges(): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const connect = (): void => {
    source = new EventSource(CHANGES_URL);
    source.addEventListener('open', () => {
      failures = 0;
      publish({ ...live, state: 'live' });
    });
    source.addEventListener('exception', (event: MessageEvent<string>) => {
      const change = readChange(event.data);
      if (change !== null) publish(withChange(live, change, Date.now()));
    });
    source.addEventListener('reset', () => publish({ ...live, missedAt: Date.now() }));
    source.addEventListener('error', () => {
      publish({ ...live, state: 'lost' });
      // The browser retries a broken connection by itself, but not after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    });
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

/** The state after one change; exported for its test. */
export function withChange(before: LiveChanges, change: ExceptionChange, at: number): LiveChanges {
  if (change.kind === 'count') return { ...before, counted: bounded(before.counted, change.id, at) };
  if (change.kind === 'first_seen' || change.kind === 'regressed') {
    return { ...before, appeared: bounded(before.appeared, change.id, { at, change }) };
  }
  return before;
}

function publish(next: LiveChanges): void {
  if (next === live) return;
  live = next;
  for (const listener of listeners) listener();
}

function readChange(data: string): ExceptionChange | null {
  try {
    const change = JSON.parse(data) as ExceptionChange;
    if (change.kind !== 'count') overrideStatus([change]);
    return change;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function bounded<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  const next = new Map(map);
  next.delete(key);
  next.set(key, value);
  for (const oldest of next.keys()) {
    if (next.size <= LIMIT) break;
    next.delete(oldest);
  }
  return next;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
