import { useSyncExternalStore } from 'react';
import { overrideStatus } from '../exceptions/statusOverrides.ts';
import { CHANGES_URL } from './exceptionApi.ts';
import { NO_CHANGES, withChanges, type LiveChanges } from './liveChanges.ts';
import type { ExceptionChange } from './types.ts';

/** Changes are gathered for this long, so that a storm of them does not draw the page again for each. */
const GATHER_MS = 200;
const RETRY_MS = [1000, 2000, 5000, 10_000, 30_000] as const;

let live = NO_CHANGES;
const listeners = new Set<() => void>();

/** A part of what the stream has told; the component draws again when that part changes. */
export function useLive<T>(select: (live: LiveChanges) => T): T {
  return useSyncExternalStore(subscribe, () => select(live));
}

/** Keeps one connection to the stream of changes open, for the whole app. The answer closes it. */
export function connectChanges(): () => void {
  let source: EventSource | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let gatherTimer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let gathered: ExceptionChange[] = [];

  const flush = (): void => {
    gatherTimer = undefined;
    overrideStatus(gathered.filter(({ kind }) => kind !== 'count'));
    publish(withChanges(live, gathered, Date.now()));
    gathered = [];
  };
  const connect = (): void => {
    source = new EventSource(CHANGES_URL);
    source.addEventListener('open', () => {
      failures = 0;
      publish({ ...live, state: 'live' });
    });
    source.addEventListener('exception', (event: MessageEvent<string>) => {
      gathered.push(JSON.parse(event.data) as ExceptionChange);
      gatherTimer ??= setTimeout(flush, GATHER_MS);
    });
    source.addEventListener('reset', () => publish({ ...live, missedAt: Date.now() }));
    source.addEventListener('error', () => {
      publish({ ...live, state: 'lost' });
      // The browser retries a broken connection by itself, but not after an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED) return;
      retryTimer = setTimeout(connect, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
    });
  };
  connect();
  return () => {
    clearTimeout(retryTimer);
    clearTimeout(gatherTimer);
    source?.close();
  };
}

function publish(next: LiveChanges): void {
  live = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
